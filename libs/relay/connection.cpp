#include "relay/connection.hpp"

#include "core/text.hpp"
#include "metrics/registry.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace lazaret::relay {

namespace {

using Kind = Fault::Kind;
using State = net::Transfer::State;
using clock = net::Deadline::clock;

constexpr std::size_t slice = 64 * 1024;
/// How often a stalled write looks whether the next hop has said something instead of reading.
constexpr Duration look = std::chrono::milliseconds(200);

/// For octets between a read and their use, with no await in between.
std::span<char> scratch() {
    static thread_local std::array<char, 16 * 1024> buffer;
    return buffer;
}

void count_reply(int code) {
    static const auto counter = [](const char* klass) {
        return &metrics::counter("lazaret_backend_responses_total",
                                 "Replies of the next hop by class of code.", {{"code_class", klass}});
    };
    static const std::array<metrics::Counter*, 4> counters{counter("2xx"), counter("3xx"), counter("4xx"),
                                                           counter("5xx")};
    counters[static_cast<std::size_t>(code / 100 - 2)]->Increment();
}

metrics::Counter& faults() {
    static auto& counter =
        metrics::counter("lazaret_backend_faults_total",
                         "Connections to the next hop that broke, fell silent or fell out of step.");
    return counter;
}

} // namespace

Connection::Connection(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {
    faults(); // shows zero before the first one
    // With at most this much unsent in our kernel, a big message cannot be gone before the next hop has had
    // to read of it, so that an early reply is seen as early.
    stream_->limit_unsent(slice);
}

Connection::~Connection() {
    close();
}

Fault Connection::broken(Fault fault) {
    if (!broken_) faults().Increment();
    broken_ = true;
    return fault;
}

Fault Connection::from_transfer(const net::Transfer& transfer) {
    if (transfer.state == State::timeout) return broken(Fault(Kind::timeout, "no answer in time"));
    if (transfer.state == State::closed) return broken(Fault(Kind::closed, "connection closed"));
    return broken(Fault(Kind::closed, stream_->last_error()));
}

Fault Connection::check_quiet() {
    if (broken_) return Fault(Kind::closed, "connection is broken");
    if (pending_.empty()) {
        const auto read = stream_->try_read(scratch());
        if (read.state == State::would_block) return Fault();
        if (!read.ok()) return from_transfer(read);
        pending_.assign(scratch().data(), read.count);
    }
    return broken(Fault(Kind::unsolicited, "said without being asked: " + printable(pending_, 80)));
}

net::task<Fault> Connection::send(std::string_view wire, Duration timeout) {
    if (auto fault = check_quiet()) co_return fault;
    const auto written = co_await stream_->write(wire, timeout);
    if (!written.ok()) co_return from_transfer(written);
    co_return Fault();
}

net::task<Fault> Connection::read_reply(Duration timeout, smtp::Reply& reply) {
    const auto end = clock::now() + timeout;
    bool wait = pending_.empty();
    for (;;) {
        if (wait) {
            const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
            const auto ready = co_await stream_->wait_readable(std::max(left, Duration::zero()));
            if (!ready.ok()) co_return from_transfer(ready);
        }
        wait = true;
        std::string_view octets = pending_;
        if (octets.empty()) {
            const auto read = stream_->try_read(scratch());
            if (read.state == State::would_block) continue;
            if (!read.ok()) co_return from_transfer(read);
            octets = std::string_view(scratch().data(), read.count);
        }
        const auto used = reader_.feed(octets);
        if (reader_.state() == smtp::ReplyReader::State::fault)
            co_return broken(Fault(Kind::garbage, "not an SMTP reply: " + printable(octets, 80)));
        pending_ = std::string(octets.substr(used));
        if (reader_.state() == smtp::ReplyReader::State::complete) break;
    }
    reply = reader_.take();
    count_reply(reply.code());
    if (reply.code() == 421) said_421_ = true;
    co_return Fault();
}

net::task<Fault> Connection::send_content(std::string_view wire, Duration timeout) {
    auto end = clock::now() + timeout;
    while (!wire.empty()) {
        if (auto fault = check_quiet()) co_return fault;
        const auto sent = stream_->try_write(wire.substr(0, slice));
        if (sent.ok()) {
            wire.remove_prefix(sent.count);
            end = clock::now() + timeout;
            continue;
        }
        if (sent.state != State::would_block) co_return from_transfer(sent);
        const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
        if (left <= Duration::zero()) co_return broken(Fault(Kind::timeout, "does not read the message"));
        const auto ready = co_await stream_->wait_writable(std::min(left, look));
        if (!ready.ok() && ready.state != State::timeout) co_return from_transfer(ready);
    }
    co_return Fault();
}

net::task<Fault> Connection::greet(std::string hostname, Duration timeout) {
    smtp::Reply reply;
    Fault fault = co_await read_reply(timeout, reply);
    if (fault) co_return fault;
    if (reply.code() != 220)
        co_return broken(
            Fault(Kind::refused, "banner: " + std::to_string(reply.code()) + " " + printable(reply.text())));
    std::string wire;
    smtp::append_ehlo(wire, hostname);
    fault = co_await send(wire, timeout);
    if (fault) co_return fault;
    fault = co_await read_reply(timeout, reply);
    if (fault) co_return fault;
    if (reply.code() == 250) {
        hop_ = smtp::parse_ehlo(reply);
    } else if (reply.permanent()) {
        wire = "HELO " + hostname + "\r\n";
        fault = co_await send(wire, timeout);
        if (fault) co_return fault;
        fault = co_await read_reply(timeout, reply);
        if (fault) co_return fault;
    }
    if (reply.code() != 250)
        co_return broken(Fault(Kind::refused,
                               "greeting: " + std::to_string(reply.code()) + " " + printable(reply.text())));
    greeted_ = true;
    co_return Fault();
}

void Connection::close() {
    if (!stream_->is_open()) return;
    if (greeted_ && reusable()) stream_->try_write("QUIT\r\n");
    stream_->close();
}

} // namespace lazaret::relay
