#pragma once
// A TCP socket on loopback that never waits.

#include "fuzz/check.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace lazaret::fuzz {

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

inline int new_socket() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(made >= 0, "there are descriptors");
    const int on = 1;
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

class Socket {
  public:
    explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;

    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close() {
        if (is_open()) ::close(std::exchange(descriptor_, -1));
    }
    void reset() {
        const linger hard{1, 0};
        if (is_open()) ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void end_output() {
        if (is_open()) ::shutdown(descriptor_, SHUT_WR);
    }
    /// How many octets left; those that stay could not go now.
    std::size_t write(const std::string& octets) {
        if (!is_open() || octets.empty()) return 0;
        const auto sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    enum class Read { some, nothing, ended };
    Read read(std::string& into) {
        char octets[16384];
        if (!is_open()) return Read::nothing;
        const auto got = ::recv(descriptor_, octets, sizeof octets, 0);
        if (got > 0) {
            into.append(octets, static_cast<std::size_t>(got));
            return Read::some;
        }
        return got < 0 && errno == EAGAIN ? Read::nothing : Read::ended;
    }

  private:
    int descriptor_;
};

} // namespace lazaret::fuzz
