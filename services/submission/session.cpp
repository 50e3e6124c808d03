#include "submission/session.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"
#include "submission/masking.hpp"
#include "submission/worker.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;
using smtp::Step;

namespace {

/// Replies of a pipelined group that may be held back.
constexpr std::size_t most_buffered = 16 * 1024;
/// Octets after which a session that never has to wait lets the others of its thread go on.
constexpr std::size_t fair_share = 64 * 1024;
/// Commands that do nothing, between two messages: a client that sends more is not here for mail.
constexpr std::uint32_t most_idle_commands = 200;

/// RFC 2920 3.1: the replies to these may wait for the rest of the group; all others go out at once.
bool may_wait(Step step) {
    return step == Step::mail || step == Step::rcpt || step == Step::reset || step == Step::data;
}

/// Octets of commands taken from the socket at once: what a session may hold while it waits for somebody else.
constexpr std::size_t command_read = 16 * 1024;
/// How long a client that we leave may take to leave, too.
constexpr Duration longest_goodbye = std::chrono::seconds(2);

/// How long EHLO's answer may wait for the next hop to say what it offers.
constexpr Duration longest_look = std::chrono::seconds(2);

} // namespace

Session::Session(Worker& worker, Port port, net::Accepted client, Admission::Place place, bool proxied)
    : worker_(worker), tracing_(worker.node().tracing), port_(port), id_(worker.node().next_session()),
      since_(lazaret::now()), settings_(worker.node().settings()), place_(std::move(place)), proxied_(proxied),
      stream_(std::move(client), worker.deadlines()), machine_(settings_->port(port)) {
    worker_.entered(*this);
    numbers().of(port).sessions.Increment();
}

Session::~Session() {
    numbers().of(port_).sessions.Decrement();
    worker_.left();
}

net::task<> Session::run() {
    if (tracing_.active()) tell(Side::note, "connected to " + std::string(to_string(port_)));
    bool welcome = true;
    if (proxied_) welcome = co_await read_proxy_header();
    if (welcome) welcome = co_await greet();
    if (welcome) co_await converse();
    phase_ = Phase::farewell;
    end_transaction();
    const bool sent = co_await flush();
    // A client that is just sending would otherwise meet a reset, which can overtake the reply that says why.
    if (sent && last_code_ == 421) co_await stream_.close_gently(longest_goodbye);
    stream_.close();
    if (tracing_.active()) tell(Side::note, "closed");
}

net::task<> Session::converse() {
    while (!closing_) {
        phase_ = Phase::command;
        const Input input = co_await read_line();
        if (input == Input::too_long) {
            say(replies::line_too_long());
            if (too_many_errors()) co_return;
            co_await tarpit();
            continue;
        }
        if (input != Input::line) {
            if (auto last = farewell(input)) say(*last);
            co_return;
        }
        if (ascii_istarts_with(line_, "EHLO")) {
            offer_mechanisms();
            if (!worker_.hops().is_current()) co_await worker_.hops().refresh(longest_look);
        }
        smtp::Action action = machine_.feed(line_, worker_.hops().extensions());
        switch (action.step) {
        case Step::reply: say(action.reply); break;
        case Step::start_tls: {
            say(action.reply);
            const bool up = co_await start_tls();
            if (!up) co_return;
            break;
        }
        case Step::auth:
            phase_ = Phase::login;
            co_await authenticate(action);
            if (machine_.is_authenticated()) (void)identify(); // for those who look at sessions; asked again at MAIL
            break;
        case Step::mail: {
            const auto reply = mail(std::move(action.mail));
            action.counts_as_error = reply.permanent();
            say(reply);
            break;
        }
        case Step::rcpt: co_await rcpt(std::move(action.rcpt)); break;
        case Step::data: {
            say(action.reply);
            phase_ = Phase::content;
            const bool alive = co_await data();
            if (!alive) co_return;
            refused_recipients_ = idle_commands_ = 0;
            break;
        }
        case Step::reset:
            end_transaction();
            say(action.reply);
            break;
        case Step::quit:
            say(action.reply);
            co_return;
        }
        // A recipient that is refused is no error of the client's program: mailing lists have them, in a bound of their own.
        if (action.step == Step::reply && ascii_istarts_with(line_, "RCPT ")) ++refused_recipients_;
        else if (action.counts_as_error) {
            if (too_many_errors()) co_return;
            co_await tarpit(); // the reply waits in out_
        } else if (action.step == Step::reply || action.step == Step::reset) ++idle_commands_;
        if (refused_recipients_ > config().server.max_recipients || idle_commands_ > most_idle_commands) {
            say(replies::too_many_errors());
            co_return;
        }
        if (!may_wait(action.step) || out_.size() > most_buffered) {
            const bool sent = co_await flush();
            if (!sent) co_return;
        }
        if (ending()) {
            say(*farewell(Input::interrupted));
            co_return;
        }
    }
}

net::task<Session::Input> Session::read_line(bool exchange, std::optional<Duration> longest) {
    // One deadline for the whole command: a client that drips octets gains nothing (RFC 5321 4.5.3.2.7).
    const auto now = net::Deadline::clock::now(), until = now + longest.value_or(config().server.command_timeout);
    patient_until_ = now + relay::patience;
    for (;;) {
        switch (lines_.next(line_, exchange)) {
        case smtp::LineReader::Next::line:
            if (tracing_.active()) tell(Side::client, exchange ? masked_response(line_) : masked_command(line_));
            co_return Input::line;
        case smtp::LineReader::Next::too_long:
            if (tracing_.active()) tell(Side::client, "(a line that is too long)");
            co_return Input::too_long;
        case smtp::LineReader::Next::bare_lf:
            if (tracing_.active()) tell(Side::client, "(a line that ends in a bare LF)");
            co_return Input::bare_lf;
        case smtp::LineReader::Next::need_more: break;
        }
        if (ending()) co_return Input::interrupted;
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        if (left <= Duration::zero()) co_return Input::timeout;
        const net::Transfer got = co_await fill(left);
        switch (got.state) {
        case net::Transfer::State::done: break;
        case net::Transfer::State::timeout: co_return Input::timeout;
        case net::Transfer::State::error:
            if (ending()) co_return Input::interrupted;
            co_return Input::closed;
        default: co_return Input::closed;
        }
    }
}

net::task<net::Transfer> Session::fill(Duration timeout) {
    for (;;) {
        net::Transfer got(net::Transfer::State::would_block, 0);
        if (!stream_.drained()) got = stream_.try_read(worker_.scratch().first(command_read));
        if (got.ok()) {
            octets_ += got.count;
            lines_.feed(std::string_view(worker_.scratch().data(), got.count));
            co_await share(got.count);
        }
        if (got.state != net::Transfer::State::would_block) co_return got;
        const bool sent = co_await flush();
        if (!sent) co_return net::Transfer(net::Transfer::State::closed, 0);
        const auto until = net::Deadline::clock::now() + timeout;
        const auto wait = while_patient(timeout);
        const net::Transfer ready = co_await stream_.wait_readable(wait);
        lose_patience();
        if (ready.state == net::Transfer::State::timeout && wait < timeout) {
            timeout = std::max(std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now()), Duration::zero());
            continue;
        }
        if (!ready.ok()) co_return ready;
    }
}

Duration Session::while_patient(Duration timeout) const {
    if (!transaction_ || !transaction_->hop || !transaction_->hop->holds_connection()) return timeout;
    const auto left = std::chrono::duration_cast<Duration>(patient_until_ - net::Deadline::clock::now());
    return std::min(timeout, std::max(left, Duration::zero()));
}

void Session::lose_patience() {
    if (!transaction_ || !transaction_->hop || !transaction_->hop->holds_connection()) return;
    if (net::Deadline::clock::now() >= patient_until_) transaction_->hop->park();
}

net::task<> Session::share(std::size_t octets) {
    since_wait_ += octets;
    if (since_wait_ < fair_share) co_return;
    since_wait_ = 0;
    co_await net::asio::post(stream_.get_executor(), net::use_task);
}

bool Session::too_many_errors() {
    if (++errors_ <= config().server.max_errors) return false;
    say(replies::too_many_errors());
    return true;
}

void Session::hurry() {
    if (out_.empty()) return;
    const auto sent = stream_.try_write(out_);
    if (sent.ok()) out_.erase(0, sent.count);
}

net::task<bool> Session::flush() {
    if (out_.empty()) co_return true;
    const auto now_sent = stream_.try_write(out_);
    if (now_sent.ok() && now_sent.count == out_.size()) {
        std::string().swap(out_); // an idle connection owns no buffer
        co_return true;
    }
    std::string rest = now_sent.ok() ? out_.substr(now_sent.count) : std::move(out_);
    std::string().swap(out_);
    // One deadline for all of it: who reads octet by octet gains nothing either.
    bool told_to_end = false;
    std::string_view unsent = rest;
    const auto until = net::Deadline::clock::now() + config().server.data_timeout;
    while (!unsent.empty()) {
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        if (left <= Duration::zero()) co_return false;
        const net::Transfer ready = co_await stream_.wait_writable(left);
        if (!ready.ok() && (told_to_end || !ending())) co_return false;
        told_to_end = !ready.ok(); // that was the word to end: what is said already still goes out
        const auto sent = stream_.try_write(unsent);
        if (sent.ok()) unsent.remove_prefix(sent.count);
        else if (sent.state != net::Transfer::State::would_block) co_return false;
    }
    co_return true;
}

void Session::say(const smtp::Reply& reply) {
    last_code_ = reply.code();
    if (tracing_.active()) tell(Side::server, masked_reply(reply));
    reply.append_to(out_);
    if (out_.size() > most_buffered) hurry();
}

bool Session::ending() const {
    return killed_ || (!transaction_ && worker_.node().draining.load(std::memory_order_relaxed));
}

std::optional<smtp::Reply> Session::farewell(Input why) const {
    if (why == Input::timeout) return replies::timed_out();
    if (why == Input::interrupted) {
        if (killed_) return replies::ended_by_operator();
        return replies::shutting_down();
    }
    if (why == Input::bare_lf) return replies::bare_newline_in_command();
    return std::nullopt;
}

void Session::drain() {
    if (!transaction_ && phase_ != Phase::handshake) stream_.interrupt();
}

void Session::abort() {
    closing_ = true;
    stream_.close();
}

void Session::end_transaction() {
    if (!transaction_) return;
    // What the client gave up on is told too, where somebody had refused something in it.
    auto& record = transaction_->record;
    if (!transaction_->reported && record.refused_by != event::RefusedBy::nobody) {
        report_abandoned();
    }
    transaction_.reset();
}

} // namespace lazaret::submission
