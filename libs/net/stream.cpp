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
constexpr Duration longest_wait = std::chrono::hours(24 * 365);

std::string openssl_reason() {
    const auto code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason ? reason : "unknown TLS error";
}

} // namespace

void Stream::SslFree::operator()(SSL* ssl) const {
    SSL_free(ssl);
}

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
    if (ssl_) {
        if (tls_broken_) return Transfer(State::error, 0);
        std::size_t count = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
        const auto outcome = tls_outcome(result, count);
        tls_read_wants_write_ = result <= 0 && SSL_want_write(ssl_.get());
        tls_drained_ = result <= 0;
        return outcome;
    }
    for (;;) {
        const auto count = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
        if (count > 0) return Transfer(State::done, static_cast<std::size_t>(count));
        if (count == 0) return Transfer(State::closed, 0);
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Transfer(State::would_block, 0);
        if (errno != EINTR) return failed(errno);
    }
}

Transfer Stream::try_write(std::string_view data) {
    if (!socket_.is_open()) return Transfer(State::closed, 0);
    std::size_t written = 0;
    while (!data.empty()) {
        if (ssl_) {
            if (tls_broken_) return Transfer(State::error, 0);
            std::size_t count = 0;
            ERR_clear_error();
            const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &count);
            tls_write_wants_read_ = result <= 0 && SSL_want_read(ssl_.get());
            const auto outcome = tls_outcome(result, count);
            if (outcome.state == State::would_block) break;
            if (!outcome.ok()) return outcome;
            written += count;
            data.remove_prefix(count);
        } else {
            const auto count = ::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
            if (count < 0) {
                if (errno == EINTR) continue;
                if (errno == EAGAIN || errno == EWOULDBLOCK) break;
                return failed(errno);
            }
            written += static_cast<std::size_t>(count);
            data.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    return Transfer(written > 0 ? State::done : State::would_block, written);
}

void Stream::limit_unsent(unsigned octets) {
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &octets, sizeof octets);
}

Transfer Stream::tls_outcome(int result, std::size_t count) {
    if (result > 0) return Transfer(State::done, count);
    const int system_error = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Transfer(State::would_block, 0);
    case SSL_ERROR_ZERO_RETURN: return Transfer(State::closed, 0);
    case SSL_ERROR_SYSCALL: tls_broken_ = true; return failed(system_error);
    default: break;
    }
    tls_broken_ = true;
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        // SMTP and HTTP mark their own ends, and many clients leave without close_notify.
        last_error_ = "closed without close_notify";
        return Transfer(State::closed, 0);
    }
    return failed(openssl_reason());
}

task<Transfer> Stream::wait_readable(Duration timeout) {
    if (ssl_ && !tls_drained_ && SSL_has_pending(ssl_.get())) timeout = Duration(-1);
    return wait(ssl_ && tls_read_wants_write_ ? Socket::wait_write : Socket::wait_read, timeout);
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
    return wait(ssl_ && tls_write_wants_read_ ? Socket::wait_read : Socket::wait_write, timeout);
}

/// A negative timeout asks for nothing: what is wanted is there already.
task<Transfer> Stream::wait(Socket::wait_type direction, Duration timeout) {
    if (!socket_.is_open() || stopped()) co_return Transfer(State::closed, 0);
    if (timeout < Duration::zero()) co_return Transfer(State::done, 0);
    expired_ = interrupted_ = false;
    waiting_ = true;
    arm(clock::now() + std::min(timeout, longest_wait));
    auto [error] = co_await socket_.async_wait(direction, use_task);
    disarm();
    waiting_ = false;
    if (!error) co_return Transfer(State::done, 0);
    if (!socket_.is_open()) co_return Transfer(State::closed, 0);
    if (expired_) co_return Transfer(State::timeout, 0);
    co_return failed(interrupted_ ? std::string("interrupted") : error.message());
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

task<Transfer> Stream::accept_tls(SSL_CTX* context, Duration timeout) {
    return start_tls(context, true, std::string(), timeout);
}

task<Transfer> Stream::connect_tls(SSL_CTX* context, std::string server_name, Duration timeout) {
    return start_tls(context, false, std::move(server_name), timeout);
}

task<Transfer> Stream::start_tls(SSL_CTX* context, bool server, std::string server_name, Duration timeout) {
    if (!socket_.is_open()) co_return Transfer(State::closed, 0);
    ERR_clear_error();
    ssl_.reset(SSL_new(context));
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) {
        tls_broken_ = true;
        co_return failed(openssl_reason());
    }
    if (server) {
        SSL_set_accept_state(ssl_.get());
    } else {
        SSL_set_connect_state(ssl_.get());
        if (IpAddress::parse(server_name)) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), server_name.c_str());
        } else {
            SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str());
            SSL_set1_host(ssl_.get(), server_name.c_str());
        }
    }
    const auto outcome = co_await handshake(timeout);
    co_return outcome;
}

task<Transfer> Stream::handshake(Duration timeout) {
    // One deadline for the whole of it: a peer must not live on one octet per wait.
    const auto end = clock::now() + std::min(timeout, longest_wait);
    for (;;) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        const auto outcome = tls_outcome(result, 0);
        if (outcome.ok()) co_return outcome;
        if (outcome.state != State::would_block) {
            const auto verify = SSL_get_verify_result(ssl_.get());
            if (verify != X509_V_OK) last_error_ = X509_verify_cert_error_string(verify);
            co_return outcome;
        }
        const auto left = std::chrono::duration_cast<Duration>(end - clock::now());
        const auto direction = SSL_want_write(ssl_.get()) ? Socket::wait_write : Socket::wait_read;
        const auto ready = co_await wait(direction, std::max(left, Duration::zero()));
        if (!ready.ok()) {
            tls_broken_ = true;
            co_return ready;
        }
    }
}

TlsInfo Stream::tls_info() const {
    TlsInfo info;
    if (!ssl_) return info;
    info.version = SSL_get_version(ssl_.get());
    if (const char* cipher = SSL_get_cipher_name(ssl_.get())) info.cipher = cipher;
    return info;
}

std::string Stream::tls_exporter() const {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    if (!ssl_ || SSL_version(ssl_.get()) < TLS1_3_VERSION) return {};
    std::string out(32, '\0');
    const int done = SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                                label.data(), label.size(), nullptr, 0, 0);
    return done == 1 ? out : std::string();
}

std::string Stream::tls_server_end_point() const {
    const X509* shown = ssl_ ? SSL_get_certificate(ssl_.get()) : nullptr;
    int hash = NID_undef;
    if (!shown || X509_get_signature_info(const_cast<X509*>(shown), &hash, nullptr, nullptr, nullptr) != 1) return {};
    if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
    const EVP_MD* algorithm = hash == NID_undef ? nullptr : EVP_get_digestbynid(hash);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!algorithm || X509_digest(shown, algorithm, out, &size) != 1) return {};
    return std::string(reinterpret_cast<const char*>(out), size);
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
