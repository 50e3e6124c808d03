#pragma once
// Keys of the session tickets that we give to clients (RFC 5077, RFC 8446 4.6.1). One set for the process, so that a reload
// of the certificate forgets no client; changed twice a day, since who has the key of a TLS 1.2 ticket reads the session.

#include "core/random.hpp"
#include "core/time.hpp"

#include <openssl/types.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace lazaret::net {

/// Thread-safe; time is an argument.
class TicketKeys {
  public:
    static constexpr Duration lifetime = std::chrono::hours(12);
    struct Key {
        std::array<unsigned char, 16> name;
        std::array<unsigned char, 32> cipher, mac; ///< AES-256-CBC, HMAC-SHA-256 (RFC 5077 4)
    };
    /// For a new ticket; a fresh one when the present one has served for `lifetime`.
    Key current(Time now);
    struct Found {
        Key key;
        bool renew = false; ///< not the present one: the client should have a new ticket
    };
    /// Of a client's ticket: the present key or the one before it.
    std::optional<Found> find(std::span<const unsigned char> name, Time now);

  private:
    void rotate(Time now);
    std::mutex mutex_;
    std::array<Key, 2> keys_{}; ///< the present one first
    std::optional<Time> since_;
    bool has_previous_ = false;
};

/// Lets the context encrypt its tickets with the process's keys. False when OpenSSL does not take them.
bool use_ticket_keys(SSL_CTX* context);

} // namespace lazaret::net
