#pragma once
// Connections to one next hop, one pool per io_context: greeted once, used for many transactions. Which hop's
// pool a transaction asks is the group's choice (group.hpp).

#include "net/deadlines.hpp"
#include "net/task.hpp"
#include "relay/connection.hpp"
#include "relay/hop.hpp"

#include <memory>
#include <optional>
#include <string>

namespace lazaret::relay {

class Lease;

/// Lives on its io_context's thread. Leases may outlive it: they close their connection then.
class Pool {
  public:
    Pool(net::asio::io_context& io, net::Deadlines& deadlines, PoolSettings settings);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Before or after the io_context runs: looks for the next hop until it has answered once and whenever it is
    /// away, one thread per health_interval, and closes idle connections in time.
    void start();
    /// Lets io_context::run return: closes what is idle, opens nothing more.
    void stop();

    /// A connection that waits for work and is still in step, without a wait; one that has been told `login` last
    /// before others. None where there is no place for one more.
    std::optional<Lease> take_idle(std::string_view login);
    /// A greeted connection: an idle one if `may_reuse`, else a new one, waiting for a free place up to
    /// connect_timeout. Fails at once while the hop is away, and finds out that it is.
    net::task<Fault> acquire(std::optional<Lease>& lease, std::string_view login, bool may_reuse);
    /// Whether a connection stands that would have told of a change of what the hop offers (a next hop that was
    /// restarted closes them). Cheap.
    bool stands();

    /// For who has no other hop: looks at once whether one that is away is back; all who ask in the meantime share the answer.
    net::task<> look();

    Hop& hop() const;
    std::size_t busy() const; ///< connections in use, being opened or being reset
    std::size_t idle() const; ///< connections that wait for a transaction
    const PoolSettings& settings() const;

  private:
    friend class Lease;
    struct State;
    struct Waiter;
    class Place;
    static std::optional<Lease> take_idle_from(const std::shared_ptr<State>& state, std::string_view login);
    static net::task<Fault> open(State& state, std::unique_ptr<Connection>& connection);
    static net::task<> maintain(std::shared_ptr<State> state);
    static net::task<> probe(std::shared_ptr<State> state);
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
    /// It has served a transaction before, and may be dead without our knowing.
    bool reused() const { return reused_; }
    Hop& hop() const;
    const std::shared_ptr<Hop>& hop_ptr() const;
    const PoolSettings& settings() const;

  private:
    friend class Pool;
    Lease(std::shared_ptr<Pool::State> state, std::unique_ptr<Connection> connection, bool reused);
    std::shared_ptr<Pool::State> state_;
    std::unique_ptr<Connection> connection_;
    bool reused_;
};

} // namespace lazaret::relay
