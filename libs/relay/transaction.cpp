#include "relay/transaction.hpp"

#include "log/log.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/replies.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::relay {

namespace {

using Kind = Fault::Kind;
constexpr std::size_t longest_quote = 300; // of what the next hop said, in the log
constexpr std::size_t piece_size = 64 * 1024, flush_at = 256 * 1024;
/// Of commands that go out together; their replies fit into any socket's buffers.
constexpr std::size_t group_size = 16 * 1024;

/// A fault as the client hears of it.
smtp::Reply reply_for(const Fault& fault) {
    if (fault.kind == Kind::refused) return map_reply(smtp::Reply(421, {}, ""), Stage::mail).reply;
    if (fault.kind == Kind::local) return smtp::replies::internal();
    return smtp::replies::next_hop_lost();
}

} // namespace

Transaction::Transaction(HopGroup& hops, smtp::Forward forward, smtp::MailFrom mail, std::function<void()> slow)
    : hops_(&hops), forward_(std::move(forward)), mail_(std::move(mail)), needs_(mail_, forward_.login),
      slow_(std::move(slow)) {}

net::task<> Transaction::rcpt(std::span<smtp::RcptTo> group, const Answered& answered) {
    Asking asking(group, answered);
    std::optional<std::size_t> open_when_lost;
    while (!asking.open.empty() && !verdict_) {
        Exchange exchange;
        exchange.asking = &asking;
        Fault fault;
        if (!lease_) fault = co_await connect(open_when_lost.has_value(), exchange);
        if (verdict_) break;
        if (!fault) {
            append_group(exchange);
            fault = co_await perform(exchange);
        }
        if (!fault) {
            if (exchange.mail_refusal)
                settle(taken_.empty() ? map_reply(*exchange.mail_refusal, Stage::mail)
                                      : Mapped(smtp::replies::next_hop_changed(), true));
            continue;
        }
        hide_recipients(fault, asking.open);
        // The same recipient twice: it is not to be had.
        if (open_when_lost == asking.open.size() || !may_replace(fault)) {
            break_off(fault);
            break;
        }
        give_up_connection(fault);
        open_when_lost = asking.open.size();
    }
    for (const auto& to : asking.open)
        answered(to, repeat());
}

net::task<smtp::Reply> Transaction::data(Content& content) {
    if (!verdict_ && taken_.empty()) co_return smtp::replies::no_recipients();
    Exchange exchange;
    for (bool again = false; !verdict_; again = true) {
        exchange = Exchange();
        Fault fault;
        if (!lease_) fault = co_await connect(again, exchange);
        if (verdict_) break;
        if (!fault) fault = co_await replay(exchange);
        if (!fault) break;
        hide_recipients(fault);
        if (again || !may_replace(fault)) co_return break_off(fault);
        give_up_connection(fault);
    }
    if (verdict_) co_return repeat();

    auto& connection = **lease_;
    const bool go = exchange.last.code() == 354 && exchange.data;
    if (exchange.mail_refusal || exchange.rcpt_refusal) {
        // Its recipients were promised: all of them or, for now, none. After a 354 only a close keeps the next hop
        // from taking what follows for the message.
        if (go) connection.retire();
        co_return settle(Mapped(smtp::replies::next_hop_changed(), true));
    }
    if (exchange.data && !go) co_return settle(map_reply(exchange.last, Stage::data));

    Fault fault;
    if (exchange.data) fault = co_await stream_content(content);
    else fault = co_await stream_chunk(content);
    smtp::Reply reply;
    if (!fault) fault = co_await connection.read_reply(lease_->settings().data_timeout, reply);
    if (!fault && (reply.code() == 421 || !in_order(reply, Stage::content))) fault = out_of_step(reply);
    if (fault) {
        hide_recipients(fault);
        co_return break_off(fault);
    }
    if (!exchange.data && reply.code() >= 500 && reply.code() <= 504) bdat_refused(reply);
    connection.set_in_transaction(false);
    lease_->hop().worked();
    co_return settle(map_reply(reply, Stage::content));
}

void Transaction::park() {
    if (!lease_) return;
    lease_.reset();
    unasked_ = taken_.size();
}

void Transaction::move_to(HopGroup& hops) {
    park();
    hops_ = &hops;
    avoid_.reset();
}

/// Nothing of the content has gone out, so the envelope may go out once more. On a connection that did not serve
/// before, to the only hop, for the first recipient, there is nothing to hope for.
bool Transaction::may_replace(const Fault& fault) const {
    if (fault.kind == Kind::timeout || fault.kind == Kind::local) return false;
    return lease_->reused() || !taken_.empty() || hops_->has_other(lease_->hop());
}

void Transaction::give_up_connection(const Fault& fault) {
    // What waited in the pool may have been closed as idle, which breaks nothing.
    if (!lease_->reused() || fault.kind != Kind::closed) hops_->broke(lease_->hop(), fault);
    avoid_ = lease_->hop_ptr();
    park();
}

/// The usual case, without a wait.
bool Transaction::lease_idle() {
    auto idle = hops_->take_idle(needs_);
    if (!idle) return false;
    lease_.emplace(std::move(*idle));
    if (slow_) (*lease_)->on_slow(&slow_);
    return true;
}

net::task<bool> Transaction::lease(bool again) {
    if (slow_) slow_();
    auto acquiring = hops_->acquire(lease_, needs_, again, avoid_.get());
    const Fault fault = co_await std::move(acquiring);
    if (!fault) {
        if (slow_) (*lease_)->on_slow(&slow_);
        co_return true;
    }
    log::debug("hand_over_deferred", "No connection to the next hop",
               {{"trace", forward_.ident.view()}, {"reason", fault.text}});
    settle(Mapped(smtp::replies::next_hop_unavailable(), true));
    co_return false;
}

/// A connection, with what goes before the first RCPT on it. Without one verdict_ says why.
net::task<Fault> Transaction::connect(bool again, Exchange& exchange) {
    bool ready = !again && lease_idle();
    if (!ready) ready = co_await lease(again);
    if (!ready) co_return Fault();
    const Fault fault = co_await begin(exchange);
    co_return fault;
}

/// What goes before the first RCPT on a connection: XCLIENT where it has to be told another account, which takes
/// its time; then XFORWARD and MAIL, which only join the group.
net::task<Fault> Transaction::begin(Exchange& exchange) {
    auto& connection = **lease_;
    if (lease_->settings().xclient_login && connection.login() != forward_.login) {
        const Fault fault = co_await connection.tell_login(forward_.login, lease_->settings());
        if (fault.kind == Kind::account) {
            if (lease_->hop().first_xclient_refusal())
                log::error("xclient_refused", "The next hop does not take XCLIENT LOGIN; mail of accounts is deferred",
                           {{"next_hop", lease_->hop().name()}, {"reason", fault.text}});
            settle(Mapped(misconfigured(), true));
            co_return Fault();
        }
        if (fault) co_return fault;
    }
    const auto& hop = connection.hop();
    if (!needs_.possible(hop)) {
        if (!taken_.empty()) settle(Mapped(smtp::replies::next_hop_changed(), true));
        else if (hops_->may_come_back(needs_)) settle(Mapped(smtp::replies::next_hop_unavailable(), true));
        else settle(Mapped(mail_.smtputf8 && !hop.smtputf8 ? hop_lacks_smtputf8() : hop_lacks_8bitmime(), false));
        co_return Fault();
    }
    exchange.wire.reserve(1024);
    exchange.forwards = smtp::append_xforward(exchange.wire, forward_, hop);
    smtp::append_mail(exchange.wire, mail_, mail_.size.value_or(0), hop);
    exchange.mail = true;
    connection.set_in_transaction(true);
    co_return Fault();
}

/// What the connection has not been told yet of the envelope, and DATA unless the content will follow with BDAT: all in
/// one group where the next hop offers PIPELINING (RFC 2920), cut where replies could pile up so high that both sides
/// wait for each other to read.
net::task<Fault> Transaction::replay(Exchange& exchange) {
    const auto& hop = (*lease_)->hop();
    for (std::size_t i = 0; i < unasked_; ++i) {
        smtp::append_rcpt(exchange.wire, taken_[i], hop);
        ++exchange.rcpts;
        if (exchange.wire.size() < group_size) continue;
        const Fault fault = co_await perform(exchange);
        if (fault) co_return fault;
        if (exchange.mail_refusal || exchange.rcpt_refusal) co_return Fault();
    }
    if (!hop.chunking || !lease_->hop().takes_bdat()) {
        exchange.wire += "DATA\r\n";
        exchange.data = true;
    }
    unasked_ = 0;
    if (exchange.wire.empty()) co_return (*lease_)->check_quiet(); // the last moment at which another may take its place
    const Fault fault = co_await perform(exchange);
    co_return fault;
}

/// As many of the recipients asked for as may go out at once.
void Transaction::append_group(Exchange& exchange) const {
    const auto& hop = (*lease_)->hop();
    for (const auto& to : exchange.asking->open) {
        smtp::append_rcpt(exchange.wire, to, hop);
        ++exchange.rcpts;
        if (!hop.pipelining || exchange.wire.size() >= group_size) break;
    }
}

void Transaction::answer(Asking& asking, const smtp::Reply& reply) {
    auto& to = asking.open.front();
    const auto mapped = map_reply(reply, Stage::rcpt);
    failed_ = mapped.ours;
    asking.answered(to, mapped.reply);
    if (mapped.reply.positive()) taken_.push_back(std::move(to));
    asking.open = asking.open.subspan(1);
}

/// Sends what stands in the exchange and reads a reply to each of it. A refusal is no fault. Without PIPELINING each
/// command waits for the one before, and none follows a refusal.
net::task<Fault> Transaction::perform(Exchange& exchange) {
    auto& connection = **lease_;
    const auto timeout = lease_->settings().reply_timeout;
    const bool group = connection.hop().pipelining;
    Fault fault;
    if (group) {
        fault = co_await connection.send(exchange.wire, timeout);
        if (fault) co_return fault;
    }
    for (std::string_view rest = exchange.wire; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n') + 1);
        rest.remove_prefix(line.size());
        auto& reply = exchange.last;
        if (!group) {
            if (exchange.mail_refusal || exchange.rcpt_refusal) break;
            fault = co_await connection.send(line, timeout);
            if (fault) co_return fault;
        }
        fault = co_await connection.read_reply(timeout, reply);
        if (fault) co_return fault;
        const bool refused = reply.code() >= 400;
        const bool is_forward = exchange.forwards > 0, is_mail = !is_forward && exchange.mail;
        const bool is_rcpt = !is_forward && !is_mail && exchange.rcpts > 0;
        const auto stage = is_forward || is_mail ? Stage::mail : is_rcpt ? Stage::rcpt : Stage::data;
        if (reply.code() == 421 || !in_order(reply, stage)) co_return out_of_step(reply);
        if (is_forward) {
            --exchange.forwards;
            if (refused) forward_refused(reply);
        } else if (is_mail) {
            exchange.mail = false;
            if (refused) exchange.mail_refusal = reply;
        } else if (is_rcpt) {
            --exchange.rcpts;
            if (exchange.asking && !exchange.mail_refusal) answer(*exchange.asking, reply);
            else if (refused && !exchange.rcpt_refusal) exchange.rcpt_refusal = reply;
        }
    }
    exchange.wire.clear();
    co_return Fault();
}

net::task<Fault> Transaction::stream_content(Content& content) {
    auto& connection = **lease_;
    const auto timeout = lease_->settings().data_timeout;
    smtp::DotStuffer stuffer;
    std::string wire;
    wire.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(content.size() + 1024, flush_at + 2 * piece_size)));
    for (;;) {
        const auto piece = content.next();
        if (!piece) co_return connection.broken(Fault(Kind::local, piece.error().message));
        if (piece->empty()) break;
        for (auto rest = *piece; !rest.empty();) {
            const auto part = rest.substr(0, piece_size);
            rest.remove_prefix(part.size());
            stuffer.feed(part, wire);
            if (wire.size() < flush_at) continue;
            const Fault fault = co_await connection.send_content(wire, timeout);
            if (fault) co_return fault;
            wire.clear();
        }
    }
    stuffer.finish(wire);
    const Fault fault = co_await connection.send_content(wire, timeout);
    co_return fault;
}

/// BDAT (RFC 3030 2) with the whole message as its one chunk: no 354 to wait for, no dots to stuff, and no copies of
/// what is in memory already. The recipients have been answered for before it begins.
net::task<Fault> Transaction::stream_chunk(Content& content) {
    auto& connection = **lease_;
    const auto timeout = lease_->settings().data_timeout;
    std::uint64_t left = content.size();
    std::string wire = "BDAT " + std::to_string(left) + " LAST\r\n";
    for (;;) {
        const auto piece = content.next();
        if (!piece) co_return connection.broken(Fault(Kind::local, piece.error().message));
        if (piece->empty()) break;
        if (piece->size() > left) co_return connection.broken(Fault(Kind::local, "content is longer than was told"));
        left -= piece->size();
        if (wire.size() + piece->size() <= piece_size) {
            wire += *piece;
            continue;
        }
        Fault fault = co_await connection.send_content(wire, timeout);
        if (!fault) fault = co_await connection.send_content(*piece, timeout);
        if (fault) co_return fault;
        wire.clear();
    }
    if (left > 0) co_return connection.broken(Fault(Kind::local, "content is shorter than was told"));
    const Fault fault = co_await connection.send_content(wire, timeout);
    co_return fault;
}

mime::Mask Transaction::mask(std::span<const smtp::RcptTo> asked) const {
    std::vector<std::string> known;
    for (const auto& list : {asked, std::span<const smtp::RcptTo>(taken_)})
        for (const auto& to : list)
            if (known.size() < mime::Mask::max_recipients) known.push_back(to.path.address);
    return mime::Mask(known);
}

void Transaction::hide_recipients(Fault& fault, std::span<const smtp::RcptTo> asked) const {
    fault.text = mask(asked).reply(fault.text, longest_quote);
}

std::string Transaction::describe(const smtp::Reply& reply) const {
    return std::to_string(reply.code()) + " " + mask().reply(reply.text(), longest_quote);
}

Fault Transaction::out_of_step(const smtp::Reply& reply) {
    const auto kind = reply.code() == 421 ? Kind::refused : Kind::garbage;
    return (*lease_)->broken(Fault(kind, "replied " + describe(reply)));
}

void Transaction::forward_refused(const smtp::Reply& reply) {
    if (!reply.permanent()) return;
    if (!(*lease_)->hop().xforward.empty())
        log::warn("xforward_refused",
                  "The next hop does not take XFORWARD from here; its log lacks clients and trace ids",
                  {{"reply", describe(reply)}});
    (*lease_)->forget_xforward();
}

/// Who does not know BDAT after all may take what follows it for commands.
void Transaction::bdat_refused(const smtp::Reply& reply) {
    (*lease_)->retire();
    if (lease_->hop().first_bdat_refusal())
        log::warn("bdat_refused", "The next hop offers CHUNKING and does not take BDAT; it gets DATA from now on",
                  {{"next_hop", lease_->hop().name()}, {"reply", describe(reply)}});
}

/// The last word once more.
smtp::Reply Transaction::repeat() {
    failed_ = verdict_->ours;
    return verdict_->reply;
}

/// The last word on this transaction, with the connection still in step.
smtp::Reply Transaction::settle(Mapped verdict) {
    verdict_ = std::move(verdict);
    lease_.reset();
    return repeat();
}

smtp::Reply Transaction::break_off(const Fault& fault) {
    log::warn("next_hop_lost", "A transaction with the next hop broke off",
              {{"trace", forward_.ident.view()}, {"next_hop", lease_->hop().name()}, {"reason", fault.text}});
    if (fault.kind != Kind::local) hops_->broke(lease_->hop(), fault);
    return settle(Mapped(reply_for(fault), true));
}

} // namespace lazaret::relay
