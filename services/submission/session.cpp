#include "submission/session.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"
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

/// How long EHLO's answer may wait for the next hop to say what it offers.
constexpr Duration longest_look = std::chrono::seconds(2);

} // namespace

Session::Session(Worker& worker, Port port, net::Socket socket, Admission::Place place)
    : worker_(worker), port_(port), settings_(worker.node().settings()), place_(std::move(place)),
      stream_(std::move(socket), worker.deadlines()), machine_(settings_->port(port)) {
    worker_.entered(*this);
    numbers().of(port).sessions.Increment();
}

Session::~Session() {
    numbers().of(port_).sessions.Decrement();
    worker_.left();
}

net::task<> Session::run() {
    const bool welcome = co_await greet();
    if (welcome) co_await converse();
    end_transaction();
    co_await flush();
    stream_.close();
}

net::task<> Session::converse() {
    while (!closing_) {
        const Input input = co_await read_line();
        if (input == Input::too_long) {
            say(replies::line_too_long());
            if (too_many_errors()) co_return;
            continue;
        }
        if (input != Input::line) {
            if (auto last = farewell(input)) say(*last);
            co_return;
        }
        if (ascii_istarts_with(line_, "EHLO")) co_await worker_.pool().refresh(longest_look);
        const auto offered = worker_.pool().extensions();
        smtp::Action action = machine_.feed(line_, *offered);
        switch (action.step) {
        case Step::reply: say(action.reply); break;
        case Step::start_tls: {
            say(action.reply);
            const bool up = co_await start_tls();
            if (!up) co_return;
            break;
        }
        case Step::auth: co_await authenticate(action); break;
        case Step::mail: {
            const auto reply = mail(std::move(action.mail));
            action.counts_as_error = reply.permanent();
            say(reply);
            break;
        }
        case Step::rcpt: {
            const auto reply = co_await rcpt(std::move(action.rcpt));
            if (!reply.positive()) ++refused_recipients_;
            say(reply);
            break;
        }
        case Step::data: {
            say(action.reply);
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
        if (action.step == Step::reply && ascii_istarts_with(line_, "RCPT")) ++refused_recipients_;
        else if (action.counts_as_error && too_many_errors()) co_return;
        else if (action.step == Step::reply || action.step == Step::reset) ++idle_commands_;
        if (refused_recipients_ > config().server.max_recipients || idle_commands_ > most_idle_commands) {
            say(replies::too_many_errors());
            co_return;
        }
        if (!may_wait(action.step) || out_.size() > most_buffered) {
            const bool sent = co_await flush();
            if (!sent) co_return;
        }
        if (worker_.node().draining.load(std::memory_order_relaxed) && !transaction_) {
            say(replies::shutting_down());
            co_return;
        }
    }
}

net::task<Session::Input> Session::read_line(bool exchange) {
    // One deadline for the whole command: a client that drips octets gains nothing (RFC 5321 4.5.3.2.7).
    const auto until = net::Deadline::clock::now() + config().server.command_timeout;
    for (;;) {
        switch (lines_.next(line_, exchange)) {
        case smtp::LineReader::Next::line: co_return Input::line;
        case smtp::LineReader::Next::too_long: co_return Input::too_long;
        case smtp::LineReader::Next::bare_lf: co_return Input::bare_lf;
        case smtp::LineReader::Next::need_more: break;
        }
        if (worker_.node().draining.load(std::memory_order_relaxed) && !transaction_) co_return Input::interrupted;
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        if (left <= Duration::zero()) co_return Input::timeout;
        const net::Transfer got = co_await fill(left);
        switch (got.state) {
        case net::Transfer::State::done: break;
        case net::Transfer::State::timeout: co_return Input::timeout;
        case net::Transfer::State::error:
            co_return worker_.node().draining.load(std::memory_order_relaxed) ? Input::interrupted : Input::closed;
        default: co_return Input::closed;
        }
    }
}

net::task<net::Transfer> Session::fill(Duration timeout) {
    for (;;) {
        const net::Transfer got = stream_.try_read(worker_.scratch());
        if (got.ok()) {
            lines_.feed(std::string_view(worker_.scratch().data(), got.count));
            co_await share(got.count);
        }
        if (got.state != net::Transfer::State::would_block) co_return got;
        const bool sent = co_await flush();
        if (!sent) co_return net::Transfer(net::Transfer::State::closed, 0);
        const net::Transfer ready = co_await stream_.wait_readable(timeout);
        if (!ready.ok()) co_return ready;
    }
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

net::task<bool> Session::flush() {
    if (out_.empty()) co_return true;
    const auto now_sent = stream_.try_write(out_);
    if (now_sent.ok() && now_sent.count == out_.size()) {
        std::string().swap(out_); // an idle connection owns no buffer
        co_return true;
    }
    std::string rest = now_sent.ok() ? out_.substr(now_sent.count) : std::move(out_);
    std::string().swap(out_);
    const net::Transfer sent = co_await stream_.write(rest, config().server.data_timeout);
    co_return sent.ok();
}

std::optional<smtp::Reply> Session::farewell(Input why) const {
    if (why == Input::timeout) return replies::timed_out();
    if (why == Input::interrupted) return replies::shutting_down();
    if (why == Input::bare_lf) return replies::bare_newline_in_command();
    return std::nullopt;
}

void Session::drain() {
    if (!transaction_) stream_.interrupt();
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
