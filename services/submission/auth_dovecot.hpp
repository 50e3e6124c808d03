#pragma once
// One worker's connection to Dovecot's auth socket: kept open, opened again when it is lost, shared by all logins of the
// thread at once. Everything runs on the worker's thread.

#include "auth/dovecot.hpp"
#include "net/deadlines.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::submission {

class DovecotLink {
  public:
    using Mechanisms = std::shared_ptr<const std::vector<std::string>>;

    DovecotLink(net::asio::io_context& io, net::Deadlines& deadlines, const std::filesystem::path& socket);

    void start(); ///< connects, now and whenever the connection is lost
    void stop();  ///< on the worker's thread: logins in progress end as unavailable, and nothing is waited for

    /// Those of `wanted` that Dovecot offers, in the order of `wanted`; while it is away those it offered last. Without
    /// channel binding, for which its protocol has no place.
    Mechanisms offered(const std::vector<std::string>& wanted);

    /// A number for a new login.
    std::uint32_t number() { return next_id_++; }
    /// Sends a line of auth::Dovecot and waits for the reply to that number; nullopt: Dovecot is away, too slow or
    /// overrun. A login that is given up needs cancel().
    net::task<std::optional<auth::DovecotReply>> ask(std::uint32_t id, std::string line);
    void cancel(std::uint32_t id);

  private:
    using Timer = net::asio::basic_waitable_timer<net::Deadline::clock,
                                                  net::asio::wait_traits<net::Deadline::clock>, net::Executor>;
    struct Waiter {
        explicit Waiter(net::asio::io_context& io) : timer(io) {}
        Timer timer;
        std::optional<auth::DovecotReply> reply;
        bool ended = false;
    };

    net::task<> run();
    net::task<> serve();
    bool read(); ///< what is there; false: the connection is over
    bool send(std::string line);
    bool push();
    void deliver(auth::DovecotReply reply);
    void give_up_all();

    net::asio::io_context& io_;
    net::Deadlines& deadlines_;
    const Endpoint socket_;
    std::unique_ptr<net::Stream> stream_; ///< null while away
    auth::Dovecot protocol_;
    std::string out_;
    std::unordered_map<std::uint32_t, Waiter*> waiting_;
    Timer pause_;
    net::Deadline::clock::time_point heard_{};
    std::vector<std::string> known_; ///< what it offered last
    Mechanisms offered_;             ///< of known_ and wanted_
    std::vector<std::string> wanted_;
    std::uint32_t next_id_ = 1;
    bool poked_ = false; ///< serve() was woken because of out_
    bool told_ = false; ///< that it is away stands in the log
    bool stopped_ = false;
};

} // namespace lazaret::submission
