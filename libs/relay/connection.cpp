#include "relay/connection.hpp"

#include "metrics/registry.hpp"
#include "mime/mask.hpp"

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

/// What the next hop said, for the log: it likes to name the recipient.
std::string masked(std::string_view said, std::size_t most = 200) {
    return mime::Mask({}).reply(said, most);
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

} // namespace

Connection::Connection(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {
    // With at most this much unsent in our kernel, a big message cannot be gone before the next hop has had
    // to read of it, so that an early reply is seen as early.
    stream_->limit_unsent(slice);
}

Connection::~Connection() {
    close();
}

Fault Connection::broken(Fault fault) {
    broken_ = true;
    return fault;
}

Fault Connection::refused(const char* what, const smtp::Reply& reply) {
    return broken(Fault(Kind::refused, std::string(what) + ": " + std::to_string(reply.code()) + " " + masked(reply.text())));
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
        if (read.state == State::would_block) {
            looked_ = true;
            return Fault();
        }
        if (!read.ok()) return from_transfer(read);
        pending_.assign(scratch().data(), read.count);
    }
    // RFC 5321 3.8: a server that shuts down, or has waited too long for us, may say so unasked.
    const auto kind = pending_.starts_with("421") ? Kind::closed : Kind::unsolicited;
    return broken(Fault(kind, "said without being asked: " + masked(pending_, 80)));
}

net::task<Fault> Connection::send(std::string_view wire, Duration timeout) {
    if (!looked_) {
        if (auto fault = check_quiet()) co_return fault;
    }
    looked_ = false;
    const auto written = co_await stream_->write(wire, timeout);
    if (!written.ok()) co_return from_transfer(written);
    co_return Fault();
}

net::task<Fault> Connection::read_reply(Duration timeout, smtp::Reply& reply) {
    const auto end = clock::now() + timeout;
    bool wait = pending_.empty(), patient = slow_ != nullptr && timeout > patience;
    for (;;) {
        if (wait) {
            const auto left = std::max(std::chrono::duration_cast<Duration>(end - clock::now()), Duration::zero());
            const auto ready = co_await stream_->wait_readable(patient ? std::min(left, patience) : left);
            if (patient && ready.state == State::timeout) {
                patient = false;
                (*slow_)();
                continue;
            }
            if (!ready.ok()) co_return from_transfer(ready);
        }
        wait = true;
        std::string_view octets = pending_;
        const bool kept = !octets.empty();
        if (!kept) {
            const auto read = stream_->try_read(scratch());
            if (read.state == State::would_block) continue;
            if (!read.ok()) co_return from_transfer(read);
            octets = std::string_view(scratch().data(), read.count);
        }
        const auto used = reader_.feed(octets);
        if (reader_.state() == smtp::ReplyReader::State::fault)
            co_return broken(Fault(Kind::garbage, "not an SMTP reply: " + masked(octets, 80)));
        if (kept) pending_.erase(0, used);
        else pending_.assign(octets.substr(used));
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
        if (!looked_) {
            if (auto fault = check_quiet()) co_return fault;
        }
        looked_ = false;
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

net::task<Fault> Connection::greet(const PoolSettings& settings) {
    smtp::Reply reply;
    Fault fault = co_await read_reply(settings.reply_timeout, reply);
    if (fault) co_return fault;
    if (reply.code() != 220) co_return refused("banner", reply);
    fault = co_await hello(settings);
    if (!fault && settings.tls) fault = co_await start_tls(settings);
    if (!fault) greeted_ = true;
    co_return fault;
}

net::task<Fault> Connection::hello(const PoolSettings& settings) {
    hop_ = smtp::Extensions();
    std::string wire;
    smtp::append_ehlo(wire, settings.hostname);
    smtp::Reply reply;
    Fault fault = co_await send(wire, settings.reply_timeout);
    if (!fault) fault = co_await read_reply(settings.reply_timeout, reply);
    if (fault) co_return fault;
    if (reply.code() == 250) {
        hop_ = smtp::parse_ehlo(reply);
        if (xforward_refused_) hop_.xforward.clear();
    } else if (reply.permanent()) {
        wire = "HELO " + settings.hostname + "\r\n";
        fault = co_await send(wire, settings.reply_timeout);
        if (!fault) fault = co_await read_reply(settings.reply_timeout, reply);
        if (fault) co_return fault;
    }
    if (reply.code() != 250) co_return refused("greeting", reply);
    co_return Fault();
}

net::task<Fault> Connection::start_tls(const PoolSettings& settings) {
    if (!hop_.starttls)
        co_return broken(Fault(Kind::refused, "does not offer STARTTLS, which next_hop.tls asks for"));
    smtp::Reply reply;
    Fault fault = co_await send("STARTTLS\r\n", settings.reply_timeout);
    if (!fault) fault = co_await read_reply(settings.reply_timeout, reply);
    if (!fault && reply.code() != 220) fault = refused("STARTTLS", reply);
    // RFC 3207 4.2: what stands here already was said by nobody who has proved who he is.
    if (!fault) fault = check_quiet();
    if (fault) co_return fault;
    looked_ = false;
    const auto up = co_await stream_->connect_tls(settings.tls->get(), settings.address.host, settings.reply_timeout);
    if (!up.ok()) {
        const auto why = up.state == State::timeout ? std::string("no answer in time") : stream_->last_error();
        co_return broken(Fault(Kind::refused, "TLS: " + (why.empty() ? std::string("connection closed") : why)));
    }
    fault = co_await hello(settings);
    co_return fault;
}

net::task<Fault> Connection::tell_login(const std::string& login, const PoolSettings& settings) {
    std::string wire;
    if (!smtp::append_xclient_login(wire, login, hop_))
        co_return Fault(Kind::account, "does not offer XCLIENT LOGIN, or the login is too long for it");
    smtp::Reply reply;
    Fault fault = co_await send(wire, settings.reply_timeout);
    if (!fault) fault = co_await read_reply(settings.reply_timeout, reply);
    if (fault) co_return fault;
    if (reply.code() == 421) co_return refused("XCLIENT", reply);
    if (reply.code() != 220) {
        fault = refused("XCLIENT", reply);
        fault.kind = Kind::account;
        co_return fault;
    }
    login_ = login;
    fault = co_await hello(settings);
    co_return fault;
}

void Connection::close() {
    if (!stream_->is_open()) return;
    if (greeted_ && reusable()) stream_->try_write("QUIT\r\n");
    stream_->close();
}

} // namespace lazaret::relay
