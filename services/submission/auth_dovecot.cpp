#include "submission/auth_dovecot.hpp"

#include "log/log.hpp"
#include "submission/metrics.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lazaret::submission {

namespace {

using Clock = net::Deadline::clock;
using std::chrono::seconds;
constexpr auto connect_timeout = seconds(5), handshake_timeout = seconds(10), between_attempts = seconds(1);
/// Dovecot lets a wrong password wait, longer for an address that has had several: 2 to 17 seconds.
constexpr auto reply_timeout = seconds(30);
constexpr auto flush_interval = std::chrono::milliseconds(200);
constexpr auto idle_wait = seconds(60);
constexpr std::size_t most_waiting = 1000, most_unsent = 1024 * 1024;

} // namespace

DovecotLink::DovecotLink(net::asio::io_context& io, net::Deadlines& deadlines, const std::filesystem::path& socket)
    : io_(io), deadlines_(deadlines), socket_(socket.string(), 0), pause_(io), known_{"PLAIN", "LOGIN"} {}

void DovecotLink::start() {
    net::asio::co_spawn(io_, run(), net::asio::detached);
}

void DovecotLink::stop() {
    stopped_ = true;
    pause_.cancel();
    if (stream_) stream_->close();
    give_up_all();
}

net::task<> DovecotLink::run() {
    while (!stopped_) {
        std::string error;
        stream_ = co_await net::connect(socket_, connect_timeout, deadlines_, error);
        if (stream_ && !stopped_) {
            co_await serve();
            error = protocol_.state() == auth::Dovecot::State::broken ? protocol_.reason() : "the connection was closed";
        }
        stream_.reset();
        give_up_all();
        if (stopped_) co_return;
        if (!told_) log::error("dovecot_away", "logins cannot be checked: " + error, {{"socket", socket_.host}});
        told_ = true;
        pause_.expires_after(between_attempts);
        co_await pause_.async_wait(net::use_task);
    }
}

net::task<> DovecotLink::serve() {
    protocol_ = auth::Dovecot();
    out_ = auth::Dovecot::greeting(static_cast<std::uint32_t>(::getpid()));
    const auto ready_until = Clock::now() + handshake_timeout;
    bool ready = false;
    for (;;) {
        if (!push() || !read()) break;
        if (!ready && protocol_.state() == auth::Dovecot::State::ready) {
            ready = true;
            known_ = protocol_.mechanisms();
            offered_.reset();
            if (told_) log::info("dovecot_back", "logins can be checked again", {{"socket", socket_.host}});
            told_ = false;
            numbers().auth_backend_connections.Increment();
        }
        if (!ready && Clock::now() >= ready_until) break;
        const Duration most = ready ? Duration(idle_wait) : Duration(seconds(1));
        const net::Transfer woken = co_await stream_->wait_readable(out_.empty() ? most : Duration(flush_interval));
        const bool poked = std::exchange(poked_, false) && woken.state == net::Transfer::State::error;
        if (!woken.ok() && woken.state != net::Transfer::State::timeout && !poked) break;
    }
    if (ready) numbers().auth_backend_connections.Decrement();
}

bool DovecotLink::read() {
    std::array<char, 4096> octets;
    for (;;) {
        const auto got = stream_->try_read(octets);
        if (got.state == net::Transfer::State::would_block) return true;
        if (!got.ok()) return false;
        heard_ = Clock::now();
        protocol_.feed(std::string_view(octets.data(), got.count));
        while (auto reply = protocol_.next()) deliver(std::move(*reply));
        if (protocol_.state() == auth::Dovecot::State::broken) return false;
    }
}

bool DovecotLink::push() {
    if (out_.empty()) return true;
    const auto sent = stream_->try_write(out_);
    if (sent.ok()) out_.erase(0, sent.count);
    return sent.ok() || sent.state == net::Transfer::State::would_block;
}

bool DovecotLink::send(std::string line) {
    if (!stream_ || !stream_->is_open() || protocol_.state() != auth::Dovecot::State::ready) return false;
    if (out_.size() + line.size() > most_unsent) return false;
    const bool was_empty = out_.empty();
    out_ += line;
    if (!was_empty) return true; // serve() goes on with it
    if (!push()) return false;
    if (!out_.empty()) { // serve() must look at it sooner than it meant to
        poked_ = true;
        stream_->interrupt();
    }
    return true;
}

net::task<std::optional<auth::DovecotReply>> DovecotLink::ask(std::uint32_t id, std::string line) {
    std::optional<auth::DovecotReply> none;
    if (stopped_ || waiting_.size() >= most_waiting || !send(std::move(line))) co_return none;
    Waiter waiter(io_);
    waiting_.emplace(id, &waiter);
    const auto asked = Clock::now();
    waiter.timer.expires_at(asked + reply_timeout);
    while (!waiter.ended) {
        auto [cut_short] = co_await waiter.timer.async_wait(net::use_task);
        if (!cut_short) break;
    }
    waiting_.erase(id);
    if (!waiter.ended) {
        cancel(id);
        // Not a word to anybody in all that time: the connection is good for nothing.
        if (stream_ && heard_ < asked) stream_->close();
    }
    co_return std::move(waiter.reply);
}

void DovecotLink::cancel(std::uint32_t id) {
    send(auth::Dovecot::cancel(id));
}

void DovecotLink::deliver(auth::DovecotReply reply) {
    const auto found = waiting_.find(reply.id);
    if (found == waiting_.end()) return; // cancelled
    Waiter& waiter = *found->second;
    waiter.reply = std::move(reply);
    waiter.ended = true;
    waiter.timer.cancel();
}

void DovecotLink::give_up_all() {
    for (auto& [id, waiter] : waiting_) {
        waiter->ended = true;
        waiter->timer.cancel();
    }
}

DovecotLink::Mechanisms DovecotLink::offered(const std::vector<std::string>& wanted) {
    if (offered_ && wanted == wanted_) return offered_;
    auto made = std::make_shared<std::vector<std::string>>();
    const auto has = [this](std::string_view name) { return std::find(known_.begin(), known_.end(), name) != known_.end(); };
    for (const auto& name : wanted) {
        const bool checked_as_plain = name == "PLAIN" || name == "LOGIN"; // we take the password, Dovecot checks it
        if (checked_as_plain ? has("PLAIN") : !name.ends_with("-PLUS") && has(name)) made->push_back(name);
    }
    wanted_ = wanted;
    offered_ = std::move(made);
    return offered_;
}

} // namespace lazaret::submission
