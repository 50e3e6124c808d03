#pragma once
// One listening address on every thread's io_context: the kernel spreads new connections over them
// (SO_REUSEPORT), and a session stays with the thread that accepted it. A socket in the file system, and one that
// the service manager holds, are one socket for all threads.

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

/// Belongs to one io_context and its thread.
class Listener {
  public:
    /// Takes a new connection; runs on the io_context's thread and must not throw. Typically it spawns a
    /// session.
    using Handler = std::function<void(Socket socket, IpAddress peer, std::uint16_t port)>;

    /// Accepts from now on, until stop(). Out of descriptors or memory it pauses, says so once a minute and
    /// goes on.
    void start(Handler handler);
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
