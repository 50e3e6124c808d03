#include "programs/channel.hpp"

#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lazaret::bench {

namespace {

constexpr std::size_t read_size = 64 * 1024;

int no_delay(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

SSL_CTX* context(const SSL_METHOD* method) {
    SSL_CTX* made = SSL_CTX_new(method);
    SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    return made;
}

} // namespace

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), tls_(std::exchange(other.tls_, nullptr)), wants_write_(other.wants_write_) {}

Channel& Channel::operator=(Channel&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    tls_ = std::exchange(other.tls_, nullptr);
    wants_write_ = other.wants_write_;
    return *this;
}

Channel Channel::connect(const sockaddr_in& server, in_addr source) {
    Channel made(no_delay(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)));
    // The port is picked at connect(), where a pair that is still in TIME_WAIT for another source does not count.
    const int on = 1;
    setsockopt(made.fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from = {};
    from.sin_family = AF_INET;
    from.sin_addr = source;
    if (made.fd_ < 0 || bind(made.fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return Channel();
    if (::connect(made.fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0 && errno != EINPROGRESS)
        return Channel();
    return made;
}

bool Channel::is_connected() const {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

void Channel::start_tls(SSL_CTX* context, bool as_server) {
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, fd_);
    as_server ? SSL_set_accept_state(tls_) : SSL_set_connect_state(tls_);
}

Io Channel::handshake() {
    ERR_clear_error();
    return outcome(SSL_do_handshake(tls_));
}

Io Channel::read(std::string& into) {
    static thread_local char buffer[read_size];
    if (tls_) {
        ERR_clear_error();
        const int got = SSL_read(tls_, buffer, sizeof buffer);
        if (got > 0) into.append(buffer, static_cast<std::size_t>(got));
        return outcome(got);
    }
    const auto got = recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) {
        into.append(buffer, static_cast<std::size_t>(got));
        return Io::done;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? Io::again : Io::closed;
}

Io Channel::write(std::string_view octets, std::size_t& taken) {
    taken = 0;
    while (taken < octets.size()) {
        const auto rest = octets.substr(taken);
        if (tls_) {
            ERR_clear_error();
            std::size_t put = 0;
            const int result = SSL_write_ex(tls_, rest.data(), rest.size(), &put);
            if (result <= 0) return outcome(result);
            taken += put;
            continue;
        }
        const auto put = send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (put < 0) {
            wants_write_ = true;
            return errno == EAGAIN || errno == EINTR ? Io::again : Io::closed;
        }
        taken += static_cast<std::size_t>(put);
    }
    wants_write_ = false;
    return Io::done;
}

Io Channel::outcome(int result) {
    wants_write_ = false;
    if (result > 0) return Io::done;
    switch (SSL_get_error(tls_, result)) {
    case SSL_ERROR_WANT_WRITE: wants_write_ = true; return Io::again;
    case SSL_ERROR_WANT_READ: return Io::again;
    default: return Io::closed;
    }
}

void Channel::close() {
    if (tls_) SSL_free(std::exchange(tls_, nullptr));
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

int listen_on_loopback(std::uint16_t& port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // accepted sockets inherit it
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
        return -1;
    port = ntohs(at.sin_port);
    return fd;
}

SSL_CTX* client_context() {
    SSL_CTX* made = context(TLS_client_method());
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    return made;
}

SSL_CTX* server_context(const std::string& certificate, const std::string& key) {
    SSL_CTX* made = context(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(made, certificate.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(made, key.c_str(), SSL_FILETYPE_PEM) == 1)
        return made;
    SSL_CTX_free(made);
    return nullptr;
}

} // namespace lazaret::bench
