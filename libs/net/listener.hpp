#pragma once
// One listening address on every thread's io_context: the kernel spreads new connections over them by a hash of their
// addresses (SO_REUSEPORT). A socket in the file system, and one that the service manager holds, are one socket for all
// threads.

#include "core/address.hpp"
#include "core/result.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lazaret::net {

/// A connection that nobody serves yet. Closed, unless it is opened.
class Arrival {
  public:
    Arrival(int descriptor, int family, IpAddress peer, std::uint16_t port)
        : descriptor_(descriptor), family_(family), peer_(peer), port_(port) {}
    Arrival(Arrival&& other) noexcept;
    Arrival& operator=(Arrival&&) = delete;
    ~Arrival();

    /// On the thread of `io`, which may be another than the Listener's. An Error when the kernel has no memory for it.
    Result<Accepted> open(asio::io_context& io);

  private:
    int descriptor_, family_;
    IpAddress peer_;
    std::uint16_t port_;
};

/// Belongs to one io_context and its thread.
class Listener {
  public:
    /// Takes a new connection; runs on the io_context's thread and must not throw. Typically it spawns a
    /// session.
    using Handler = std::function<void(Accepted connection)>;
    /// The same for who decides which thread is to serve it. An Error when there is no memory for it.
    using Placer = std::function<Result<void>(Arrival arrival)>;

    /// Accepts from now on, until stop(). Out of descriptors or memory it pauses, says so once a minute and
    /// goes on.
    void start(Handler handler);
    void start_placing(Placer placer);
    /// Takes no more connections and closes the socket: once on the io_context's thread, or after it has
    /// ended.
    void stop();
    /// What is really bound: with port 0 asked for, the port that the kernel gave.
    Endpoint local() const { return local_; }

    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

  private:
    friend Result<std::vector<std::unique_ptr<Listener>>> listen(const Endpoint&,
                                                                 std::span<asio::io_context* const>);
    friend Result<std::vector<std::unique_ptr<Listener>>> listen_on(int, std::span<asio::io_context* const>);
    struct State;
    explicit Listener(std::shared_ptr<State> state, Endpoint local);
    std::shared_ptr<State>
        state_; ///< shared with the accepting coroutine, which may outlive this object for a moment
    Endpoint local_;
};

/// Opens `at` (a literal address; port 0 = any free one; or a path, of which a dead socket is removed and which the
/// user and group may use) once per context; none accepts before start(). The Error is one sentence: "127.0.0.1:587: Address already in use". A port that another process listens on is
/// an error, even where SO_REUSEPORT would let both have it.
Result<std::vector<std::unique_ptr<Listener>>> listen(const Endpoint& at,
                                                      std::span<asio::io_context* const> contexts);

/// The same on a socket that is bound and listens already: systemd keeps it while we restart, so that no connection is
/// refused. Takes the descriptor over.
Result<std::vector<std::unique_ptr<Listener>>> listen_on(int descriptor, std::span<asio::io_context* const> contexts);

} // namespace lazaret::net
