#pragma once
// The client of the session target: says what the script says, in the clear or within TLS, and reads all that it is told.

#include "fuzz/session/socket.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

namespace lazaret::fuzz {

class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(new_socket()) {
        const auto at = loopback(port);
        const int failed = ::connect(socket_.descriptor(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
        check(failed == 0 || errno == EINPROGRESS, "the client reaches the edge");
    }
    ~Client() { socket_.reset(); } // leaves no port in TIME_WAIT

    void say(const std::string& octets) {
        if (!half_closed_) waiting_ += octets;
    }
    /// From here on within TLS; once.
    void start_tls() {
        if (ssl_ || !socket_.is_open() || half_closed_) return;
        static const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
        ssl_.reset(SSL_new(context.get()));
        SSL_set_fd(ssl_.get(), socket_.descriptor());
        SSL_set_connect_state(ssl_.get());
        tls_from = sent.size();
    }
    bool step() {
        if (!socket_.is_open()) return false;
        const auto sent_before = sent.size(), received_before = received.size();
        const bool ended_before = ended;
        if (ssl_) secret();
        else clear();
        const bool moved = sent.size() != sent_before || received.size() != received_before || ended != ended_before;
        if (!half_closed_ || told_end_ || (!waiting_.empty() && !ended)) return moved;
        if (ssl_) SSL_shutdown(ssl_.get());
        socket_.end_output();
        return told_end_ = true;
    }
    void close() { socket_.close(), lost = ended = true; }
    void reset() { socket_.reset(), lost = ended = true; }
    void half_close() { half_closed_ = true; }

    std::string sent, received; ///< without TLS's own octets
    std::size_t tls_from = std::string::npos; ///< what was sent from there on was sent within TLS
    bool ended = false; ///< by the edge, or by close() or reset()
    bool lost = false;  ///< went without waiting for answers

  private:
    void took(std::size_t octets) {
        sent += waiting_.substr(0, octets);
        waiting_.erase(0, octets);
    }
    void clear() {
        took(socket_.write(waiting_));
        if (!ended && socket_.read(received) == Socket::Read::ended) ended = true;
    }
    void secret() {
        std::size_t count = 0;
        if (!waiting_.empty() && SSL_write_ex(ssl_.get(), waiting_.data(), waiting_.size(), &count) == 1) took(count);
        char octets[16384];
        while (!ended) {
            const int result = SSL_read_ex(ssl_.get(), octets, sizeof octets, &count);
            if (result == 1) {
                received.append(octets, count);
                continue;
            }
            const int why = SSL_get_error(ssl_.get(), result);
            ended = why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
            break;
        }
    }

    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    Socket socket_;
    std::unique_ptr<SSL, Free> ssl_;
    std::string waiting_;
    bool half_closed_ = false, told_end_ = false;
};

} // namespace lazaret::fuzz
