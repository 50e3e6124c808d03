#include "net/stream.hpp"

#include "net/addresses.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

namespace lazaret::net {

namespace {

using State = Transfer::State;

} // namespace

Stream::Stream(Socket socket, Deadlines& deadlines) : socket_(std::move(socket)) {
    deadlines.add(*this);
    const int fd = socket_.native_handle();
    int on = 1;
    ::ioctl(fd, FIONBIO, &on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    boost::system::error_code error;
    const auto remote = socket_.remote_endpoint(error);
    if (!error && remote.protocol().family() != AF_UNIX) std::tie(peer_, peer_port_) = from_sockaddr(*remote.data());
}

Stream::Stream(Accepted connection, Deadlines& deadlines)
    : socket_(std::move(connection.socket)), peer_(connection.peer), peer_port_(connection.port) {
    deadlines.add(*this);
}

Stream::~Stream() {
    close();
}

Transfer Stream::failed(std::string text) {
    last_error_ = std::move(text);
    return Transfer(State::error, 0);
}

Transfer Stream::failed(int system_error) {
    return failed(std::generic_category().message(system_error));
}

Transfer Stream::try_read(std::span<char> into) {
    if (!socket_.is_open()) return Transfer(State::closed, 0);
    if (into.empty()) return Transfer(State::would_block, 0);
    if (!ssl_) {
        may_have_more_ |= inbox_begin_ == inbox_end_; // who asks again wants a fresh look
        return read_raw(into);
    }
    if (tls_broken_) return Transfer(State::error, 0);
    may_have_more_ |= inbox_begin_ == inbox_end_ && !SSL_has_pending(ssl_.get());
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    const auto outcome = tls_outcome(result, count);
    tls_read_wants_write_ = result <= 0 && SSL_want_write(ssl_.get());
    tls_drained_ = result <= 0;
    return outcome;
}

bool Stream::drained() const {
    if (inbox_begin_ != inbox_end_ || may_have_more_ || ended_) return false;
    if (ssl_ && tls_read_wants_write_) return false;
    return !ssl_ || tls_drained_ || !SSL_has_pending(ssl_.get());
}

/// From the inbox, and from the socket as long as it may have more.
Transfer Stream::read_raw(std::span<char> into) {
    const auto kept = std::min<std::size_t>(into.size(), inbox_end_ - inbox_begin_);
    std::copy_n(inbox_.data() + inbox_begin_, kept, into.data());
    inbox_begin_ = static_cast<std::uint16_t>(inbox_begin_ + kept);
    const auto room = into.subspan(kept);
    while (!room.empty() && may_have_more_ && !ended_) {
        const auto count = ::recv(socket_.native_handle(), room.data(), room.size(), 0);
        if (count > 0) {
            may_have_more_ = static_cast<std::size_t>(count) == room.size();
            return Transfer(State::done, kept + static_cast<std::size_t>(count));
        }
        if (count < 0 && errno == EINTR) continue;
        may_have_more_ = false;
        if (count == 0) ended_ = true;
        else if (errno != EAGAIN && errno != EWOULDBLOCK && kept == 0) return failed(errno);
    }
    if (kept > 0) return Transfer(State::done, kept);
    return Transfer(ended_ ? State::closed : State::would_block, 0);
}

Transfer Stream::write_raw(std::string_view data) {
    for (;;) {
        const auto count = ::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
        if (count >= 0) return Transfer(State::done, static_cast<std::size_t>(count));
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer(State::would_block, 0);
        if (errno != EINTR) return failed(errno);
    }
}

Transfer Stream::try_write(std::string_view data) {
    if (!socket_.is_open()) return Transfer(State::closed, 0);
    std::size_t written = 0;
    while (!data.empty()) {
        Transfer sent;
        if (ssl_) {
            if (tls_broken_) return Transfer(State::error, 0);
            std::size_t count = 0;
            ERR_clear_error();
            const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &count);
            tls_write_wants_read_ = result <= 0 && SSL_want_read(ssl_.get());
            sent = tls_outcome(result, count);
        } else {
            sent = write_raw(data);
        }
        if (sent.state == State::would_block) break;
        if (!sent.ok()) return sent;
        written += sent.count;
        data.remove_prefix(sent.count);
    }
    return Transfer(written > 0 ? State::done : State::would_block, written);
}

void Stream::limit_unsent(unsigned octets) {
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &octets, sizeof octets);
}

task<Transfer> Stream::wait_readable(Duration timeout) {
    if (ssl_ && tls_read_wants_write_) return wait(Socket::wait_write, timeout);
    if (ssl_ && !tls_drained_ && SSL_has_pending(ssl_.get())) timeout = Duration(-1);
    return receive(timeout);
}

task<Transfer> Stream::pause(Duration length) {
    const auto end = clock::now() + std::min(length, longest_wait);
    for (;;) {
        const auto left = std::chrono::ceil<Duration>(end - clock::now());
        if (left <= Duration::zero()) co_return Transfer(State::timeout, 0);
        const auto woken = co_await wait(Socket::wait_error, left);
        if (!woken.ok()) co_return woken;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) co_return failed(error);
    }
}

task<Transfer> Stream::wait_writable(Duration timeout) {
    if (ssl_ && tls_write_wants_read_) return receive(timeout);
    return wait(Socket::wait_write, timeout);
}

void Stream::expect(Duration timeout) {
    expired_ = interrupted_ = false;
    waiting_ = true;
    arm(clock::now() + std::min(timeout, longest_wait));
}

Transfer Stream::outcome(const boost::system::error_code& error) {
    disarm();
    waiting_ = false;
    if (!error) return Transfer(State::done, 0);
    if (!socket_.is_open()) return Transfer(State::closed, 0);
    if (expired_) return Transfer(State::timeout, 0);
    return failed(interrupted_ ? std::string("interrupted") : error.message());
}

task<Transfer> Stream::wait(Socket::wait_type direction, Duration timeout) {
    if (!socket_.is_open() || stopped()) co_return Transfer(State::closed, 0);
    expect(timeout);
    auto [error] = co_await socket_.async_wait(direction, use_task);
    co_return outcome(error);
}

/// Into the inbox. A negative timeout asks for nothing: what is wanted is there already.
task<Transfer> Stream::receive(Duration timeout) {
    if (!socket_.is_open() || stopped()) co_return Transfer(State::closed, 0);
    if (timeout < Duration::zero() || inbox_begin_ != inbox_end_ || ended_) co_return Transfer(State::done, 0);
    expect(timeout);
    auto [error, count] = co_await socket_.async_receive(asio::buffer(inbox_), use_task);
    inbox_begin_ = 0;
    inbox_end_ = static_cast<std::uint16_t>(count);
    may_have_more_ = count == inbox_.size();
    if (error == asio::error::eof) {
        ended_ = true;
        co_return outcome(boost::system::error_code());
    }
    co_return outcome(error);
}

task<Transfer> Stream::write(std::string_view data, Duration timeout) {
    const auto total = data.size();
    while (!data.empty()) {
        const auto sent = try_write(data);
        if (sent.ok()) {
            data.remove_prefix(sent.count);
            continue;
        }
        if (sent.state != State::would_block) co_return sent;
        const auto ready = co_await wait_writable(timeout);
        if (!ready.ok()) co_return ready;
    }
    co_return Transfer(State::done, total);
}

std::pair<IpAddress, std::uint16_t> Stream::local() const {
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    const int fd = const_cast<Socket&>(socket_).native_handle();
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) return {};
    if (at.ss_family != AF_INET && at.ss_family != AF_INET6) return {};
    return from_sockaddr(reinterpret_cast<const sockaddr&>(at));
}

void Stream::close() {
    if (!socket_.is_open()) return;
    if (ssl_ && !tls_broken_ && SSL_is_init_finished(ssl_.get())) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    // Octets that nobody read would turn the close into a reset, and a reset can overtake our last reply.
    char rest[4096];
    for (int i = 0; i < 16 && ::recv(socket_.native_handle(), rest, sizeof rest, MSG_DONTWAIT) > 0; ++i) {
    }
    ssl_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

task<> Stream::close_gently(Duration longest) {
    if (!socket_.is_open()) co_return;
    if (ssl_ && !tls_broken_ && SSL_is_init_finished(ssl_.get())) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        tls_broken_ = true; // said once
    }
    ::shutdown(socket_.native_handle(), SHUT_WR);
    const auto end = clock::now() + longest;
    constexpr std::size_t most_unread = 1024 * 1024;
    char rest[4096];
    for (std::size_t unread = 0; unread < most_unread;) {
        const auto count = ::recv(socket_.native_handle(), rest, sizeof rest, MSG_DONTWAIT);
        if (count > 0) {
            unread += static_cast<std::size_t>(count);
            continue;
        }
        if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) break;
        const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
        if (left <= Duration::zero()) break;
        const auto ready = co_await wait(Socket::wait_read, left);
        if (!ready.ok()) break;
    }
    close();
}

void Stream::reset_on_close() {
    const linger now{1, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Stream::interrupt() {
    if (!waiting_) return;
    interrupted_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Stream::expire() {
    expired_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

} // namespace lazaret::net
