#pragma once
// One TCP connection that never waits: octets in and out, in the clear or, from start_tls() on, through OpenSSL.

#include <cstddef>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <openssl/ssl.h>

namespace lazaret::bench {

enum class Io { done, again, closed };

/// Owns the socket and its TLS session. Move-only.
class Channel {
  public:
    Channel() = default;
    explicit Channel(int fd) : fd_(fd) {}
    Channel(Channel&& other) noexcept;
    Channel& operator=(Channel&& other) noexcept;
    ~Channel() { close(); }

    /// Begins a connection from `source`, whose port the kernel picks; writable once it stands. An empty channel where that
    /// fails at once.
    static Channel connect(const sockaddr_in& server, in_addr source);

    int fd() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    bool is_connected() const; ///< after the first readiness to write
    void start_tls(SSL_CTX* context, bool as_server);
    /// `again` until the handshake is over; wants_write() tells which readiness it waits for.
    Io handshake();
    /// Appends what there is, at most about 64 KiB a call.
    Io read(std::string& into);
    /// `taken` octets went out; `again` where that is not all.
    Io write(std::string_view octets, std::size_t& taken);
    bool wants_write() const { return wants_write_; }
    void close();

  private:
    Io outcome(int result);

    int fd_ = -1;
    SSL* tls_ = nullptr;
    bool wants_write_ = false;
};

/// Listens on 127.0.0.1; `port` 0 takes a free one and returns it there. -1 with errno where that fails.
int listen_on_loopback(std::uint16_t& port);
/// Contexts that live as long as the program. The client's checks no certificate and offers no session to resume: each
/// connection pays for a whole handshake. nullptr where certificate or key cannot be read.
SSL_CTX* client_context();
SSL_CTX* server_context(const std::string& certificate, const std::string& key);

} // namespace lazaret::bench
