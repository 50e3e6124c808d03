#pragma once
// One connection to PostgreSQL, and how every function of this library uses it. Blocking: call it on threads
// of its own, never on an I/O thread. Not thread-safe: one Database per thread.

#include "core/result.hpp"
#include "core/time.hpp"

#include <memory>
#include <string>

namespace lazaret::store {

struct DatabaseSettings {
    std::string connection;                                ///< libpq keywords or URI, without the user
    std::string role;                                      ///< user to connect as; "" = libpq's default
    std::string application;                               ///< shown in pg_stat_activity
    Duration connect_timeout = std::chrono::seconds(5);    ///< at least 2 s (libpq's own minimum)
    Duration statement_timeout = std::chrono::seconds(60); ///< 0 = none
};

/// Connects when first used and again after the connection broke. Sessions speak UTC and see schema lazaret
/// first. Every function that takes a Database returns an Error with `transient` set when the database is
/// away or the transaction lost a race: the same call may go through later. The connection is closed then,
/// the next call reconnects.
class Database {
  public:
    explicit Database(DatabaseSettings settings);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    /// Connects where there is no connection. Needed only to know early that the database is there.
    Result<void> connect();
    void disconnect() noexcept;
    bool connected() const noexcept;
    const DatabaseSettings& settings() const { return settings_; }

    struct Connection; ///< defined in transaction.hpp, which only files of libs/store include
    /// The connection, made when missing; for transaction.hpp.
    Result<Connection*> open();

  private:
    DatabaseSettings settings_;
    std::unique_ptr<Connection> connection_;
};

} // namespace lazaret::store
