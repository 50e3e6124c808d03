#pragma once
// Connections to the next hop, one pool per io_context: greeted once, used for many transactions.

#include "config/config.hpp"
#include "core/address.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/deadlines.hpp"
#include "net/task.hpp"
#include "relay/connection.hpp"

#include <memory>
#include <string>

namespace lazaret::relay {

struct PoolSettings {
    Endpoint address;
    std::string hostname;                                ///< what we say in EHLO
    Duration connect_timeout = std::chrono::seconds(10); ///< also the longest wait for a free place
    Duration reply_timeout = std::chrono::minutes(1);    ///< for the reply to a command, banner included
    Duration data_timeout =
        std::chrono::minutes(10); ///< for the reply to the final dot, and for a stalled write
    Duration idle_timeout = std::chrono::minutes(1); ///< an unused connection is closed after it
    std::size_t max_connections = 100;               ///< of this pool
};
PoolSettings pool_settings(const config::Config& config);

class Lease;

/// Lives on its io_context's thread. Leases may outlive it: they close their connection then.
class Pool {
  public:
    Pool(net::asio::io_context& io, net::Deadlines& deadlines, PoolSettings settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Before or after the io_context runs: learns what the next hop offers (again each second until it
    /// answers), and closes idle connections in time.
    void start();
    /// Lets io_context::run return: closes what is idle, opens nothing more.
    void stop();

    /// A greeted connection: an idle one that is still in step, else a new one, waiting for a free place up
    /// to connect_timeout. While the next hop cannot be reached, one attempt at a time is made and all who
    /// wait share its failure. The Error is transient and for the log.
    net::task<Result<Lease>> acquire();
    /// The same, but never an idle one.
    net::task<Result<Lease>> acquire_new();
    /// Makes sure that extensions() is current; true when the next hop answered.
    net::task<bool> probe();

    /// Before EHLO is answered: where no connection stands that would tell of a change (a next hop that was restarted closes
    /// them), asks the next hop anew, for at most `at_most`. Cheap while there is a connection.
    net::task<> refresh(Duration at_most);
    /// What the next hop offered last, to any pool of this process; never null, all false before the first
    /// answer.
    std::shared_ptr<const smtp::Extensions> extensions() const;
    /// Whether the last attempt to connect succeeded (true before the first): for /healthz.
    bool reachable() const;
    std::size_t idle() const; ///< connections that wait for a transaction
    const PoolSettings& settings() const;

  private:
    friend class Lease;
    struct State;
    struct Waiter;
    class Place;
    static net::task<Result<Lease>> acquire_from(std::shared_ptr<State> state, bool may_reuse);
    static net::task<> maintain(std::shared_ptr<State> state);
    static net::task<> ask(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter);
    static net::task<> recycle(std::shared_ptr<State> state, std::unique_ptr<Connection> connection);
    std::shared_ptr<State> state_;
};

/// The right to use one connection. Its end gives the connection back: at once when it is in step and in no
/// transaction; after a RSET when a transaction was left open; else the connection is closed.
class Lease {
  public:
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    bool reused() const {
        return reused_;
    } ///< it has served a transaction before, and may be dead without our knowing

  private:
    friend class Pool;
    Lease(std::shared_ptr<Pool::State> state, std::unique_ptr<Connection> connection, bool reused);
    std::shared_ptr<Pool::State> state_;
    std::unique_ptr<Connection> connection_;
    bool reused_;
};

} // namespace lazaret::relay
