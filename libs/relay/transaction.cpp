#include "relay/transaction.hpp"

#include "core/text.hpp"
#include "log/log.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/replies.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::relay {

namespace {

using Kind = Fault::Kind;
constexpr std::size_t piece_size = 64 * 1024, flush_at = 256 * 1024;

/// A fault as the client hears of it.
smtp::Reply reply_for(const Fault& fault) {
    if (fault.kind == Kind::refused) return map_reply(smtp::Reply(421, {}, ""), Stage::mail).reply;
    if (fault.kind == Kind::local) return smtp::replies::internal();
    return smtp::replies::next_hop_lost();
}

std::string describe(const smtp::Reply& reply) {
    return std::to_string(reply.code()) + " " + printable(reply.text());
}

} // namespace

Transaction::Transaction(Pool& pool, smtp::Forward forward, smtp::MailFrom mail)
    : pool_(pool), forward_(std::move(forward)), mail_(std::move(mail)) {}

net::task<smtp::Reply> Transaction::rcpt(smtp::RcptTo to) {
    smtp::Reply reply;
    Fault fault;
    if (!verdict_) {
        if (lease_) {
            std::string wire;
            smtp::append_rcpt(wire, to, (*lease_)->hop());
            fault = co_await command(wire, reply);
        } else {
            fault = co_await open(to, reply);
        }
    }
    if (fault) co_return break_off(fault);
    if (verdict_) {
        failed_ = verdict_->ours;
        co_return verdict_->reply;
    }
    if (!in_order(reply, Stage::rcpt)) co_return break_off(out_of_step(reply));
    auto mapped = map_reply(reply, Stage::rcpt);
    failed_ = mapped.ours;
    if (mapped.reply.positive()) taken_.push_back(std::move(to));
    co_return mapped.reply;
}

/// The connection was lost while the client sent its content. Nothing has been handed over, so the same envelope may go out
/// once more; a recipient that is refused only now makes the whole message a 451.
net::task<Fault> Transaction::resume(smtp::Reply& reply) {
    lease_.reset();
    const bool leased = co_await lease(true);
    if (!leased) co_return Fault();
    for (std::size_t i = 0; i < taken_.size(); ++i) {
        Fault fault;
        if (i == 0) {
            fault = co_await begin(taken_[i], reply);
        } else {
            std::string wire;
            smtp::append_rcpt(wire, taken_[i], (*lease_)->hop());
            fault = co_await command(wire, reply);
        }
        if (fault) co_return fault;
        if (verdict_) co_return Fault();
        if (reply.code() / 100 != 2) {
            settle(Mapped(smtp::replies::next_hop_lost(), true));
            co_return Fault();
        }
    }
    co_return co_await command("DATA\r\n", reply);
}

/// A pooled connection that turns out to be dead is replaced once: no recipient has had an answer yet.
net::task<Fault> Transaction::open(const smtp::RcptTo& to, smtp::Reply& reply) {
    for (bool fresh = false;; fresh = true) {
        const bool leased = co_await lease(fresh);
        if (!leased) co_return Fault();
        Fault fault = co_await begin(to, reply);
        if (!fault || fresh || !lease_->reused() || fault.kind == Kind::timeout) co_return fault;
        lease_.reset();
    }
}

net::task<bool> Transaction::lease(bool fresh) {
    auto asked = fresh ? pool_.acquire_new() : pool_.acquire();
    auto got = co_await std::move(asked);
    if (got) {
        lease_.emplace(std::move(*got));
        co_return true;
    }
    log::debug("hand_over_deferred", "No connection to the next hop",
               {{"trace", forward_.ident.view()}, {"reason", got.error().message}});
    settle(Mapped(smtp::replies::next_hop_unavailable(), true));
    co_return false;
}

/// XFORWARD, MAIL and the first RCPT, in one group where the next hop offers PIPELINING (RFC 2920).
net::task<Fault> Transaction::begin(const smtp::RcptTo& to, smtp::Reply& reply) {
    auto& connection = **lease_;
    const auto timeout = pool_.settings().reply_timeout;
    if (mail_.smtputf8 && !connection.hop().smtputf8) {
        settle(Mapped(hop_lacks_smtputf8(), false));
        co_return Fault();
    }
    std::string wire;
    const bool group = connection.hop().pipelining;
    const int forwards = smtp::append_xforward(wire, forward_, connection.hop());
    smtp::append_mail(wire, mail_, mail_.size.value_or(0), connection.hop());
    smtp::append_rcpt(wire, to, connection.hop());

    connection.set_in_transaction(true);
    Fault fault;
    if (group) {
        fault = co_await connection.send(wire, timeout);
        if (fault) co_return fault;
    }
    std::optional<smtp::Reply> refusal; // of MAIL
    std::string_view rest = wire;
    for (int i = 0; !rest.empty() && (group || !refusal); ++i) {
        const auto line = rest.substr(0, rest.find('\n') + 1);
        rest.remove_prefix(line.size());
        if (!group) {
            fault = co_await connection.send(line, timeout);
            if (fault) co_return fault;
        }
        fault = co_await connection.read_reply(timeout, reply);
        if (fault) co_return fault;
        const auto stage = rest.empty() ? Stage::rcpt : Stage::mail;
        if (reply.code() == 421 || !in_order(reply, stage)) co_return out_of_step(reply);
        if (i < forwards && reply.code() >= 400) forward_refused(reply);
        if (i == forwards && reply.code() >= 400) refusal = reply;
    }
    if (refusal) settle(map_reply(*refusal, Stage::mail));
    co_return Fault();
}

net::task<Fault> Transaction::command(std::string_view wire, smtp::Reply& reply) {
    auto& connection = **lease_;
    const auto timeout = pool_.settings().reply_timeout;
    Fault fault = co_await connection.send(wire, timeout);
    if (!fault) fault = co_await connection.read_reply(timeout, reply);
    if (!fault && reply.code() == 421) fault = out_of_step(reply);
    co_return fault;
}

net::task<smtp::Reply> Transaction::data(Content& content) {
    if (verdict_) {
        failed_ = verdict_->ours;
        co_return verdict_->reply;
    }
    if (!lease_ || taken_.empty()) co_return smtp::replies::no_recipients();
    smtp::Reply reply;
    Fault fault = co_await command("DATA\r\n", reply);
    if (fault && fault.kind != Kind::timeout) fault = co_await resume(reply);
    if (fault) co_return break_off(fault);
    if (verdict_) co_return verdict_->reply;
    auto& connection = **lease_;
    if (!in_order(reply, Stage::data)) co_return break_off(out_of_step(reply));
    if (reply.code() != 354) co_return settle(map_reply(reply, Stage::data));

    fault = co_await stream_content(content);
    if (!fault) fault = co_await connection.read_reply(pool_.settings().data_timeout, reply);
    if (fault) co_return break_off(fault);
    if (reply.code() == 421 || !in_order(reply, Stage::content)) co_return break_off(out_of_step(reply));
    connection.set_in_transaction(false);
    co_return settle(map_reply(reply, Stage::content));
}

net::task<Fault> Transaction::stream_content(Content& content) {
    auto& connection = **lease_;
    const auto timeout = pool_.settings().data_timeout;
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

/// The last word on this transaction, with the connection still in step.
smtp::Reply Transaction::settle(Mapped verdict) {
    failed_ = verdict.ours;
    verdict_ = std::move(verdict);
    lease_.reset();
    return verdict_->reply;
}

smtp::Reply Transaction::break_off(const Fault& fault) {
    log::warn("next_hop_lost", "A transaction with the next hop broke off",
              {{"trace", forward_.ident.view()}, {"reason", fault.text}});
    return settle(Mapped(reply_for(fault), true));
}

} // namespace lazaret::relay
