#include "submission/session.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"
#include "submission/worker.hpp"

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;
using smtp::Step;

namespace {

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
            closing_ = ++errors_ > config().server.max_errors;
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
        case Step::mail: say(mail(std::move(action.mail))); break;
        case Step::rcpt: {
            auto reply = co_await rcpt(std::move(action.rcpt));
            say(reply);
            break;
        }
        case Step::data: {
            say(action.reply);
            const bool alive = co_await data();
            if (!alive) co_return;
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
        if (action.counts_as_error && ++errors_ > config().server.max_errors) {
            say(replies::too_many_errors());
            co_return;
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
        if (got.ok()) lines_.feed(std::string_view(worker_.scratch().data(), got.count));
        if (got.state != net::Transfer::State::would_block) co_return got;
        const bool sent = co_await flush();
        if (!sent) co_return net::Transfer(net::Transfer::State::closed, 0);
        const net::Transfer ready = co_await stream_.wait_readable(timeout);
        if (!ready.ok()) co_return ready;
    }
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
        transaction_->reported = true;
        write(std::move(record));
    }
    transaction_.reset();
}

} // namespace lazaret::submission
