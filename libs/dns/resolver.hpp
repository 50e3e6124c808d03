#pragma once
// Questions to the DNS, on the thread that asks: c-ares does the protocol, the io_context waits for its sockets. Answers
// are remembered for their time to live, equal questions go out once, and everything has a bound: questions under way,
// answers kept, and the time that the asker waits.

#include "core/address.hpp"
#include "core/time.hpp"
#include "net/task.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lazaret::dns {

/// The A records of one name (RFC 1035 3.4.1).
struct Answer {
    enum class State {
        found,
        none,   ///< no such name, or no A record
        failed, ///< no answer in time, SERVFAIL, nonsense, or too many questions under way
    };
    State state = State::failed;
    std::vector<IpAddress> addresses; ///< where found; at most 16

    Answer() = default; // travels through coroutines: no aggregate
};

struct ResolverSettings {
    std::vector<Endpoint> servers; ///< literal addresses; empty = those of /etc/resolv.conf
    Duration timeout = std::chrono::seconds(2); ///< for an answer of one server, the first time it is asked
    unsigned tries = 2;                         ///< of each server
    std::size_t max_in_flight = 256;
    std::size_t max_cached = 20'000;
    Duration min_ttl = std::chrono::seconds(30), max_ttl = std::chrono::hours(1); ///< bounds of what a record says
    Duration none_ttl = std::chrono::minutes(5);
    Duration failed_ttl = std::chrono::seconds(10); ///< so that a server that is away is not asked for every message

    ResolverSettings() = default;
};

/// One thread's; `executor` is that thread's, and its io_context must outlive the resolver.
class Resolver {
  public:
    /// Throws std::runtime_error where c-ares cannot be set up: no memory, a server that is no address.
    Resolver(net::Executor executor, const ResolverSettings& settings);
    ~Resolver(); ///< whoever waits gets `failed`
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// The answers in the order of the names, which are absolute with or without the last dot. Returns when all are there;
    /// after `limit` those that are not have failed, though they may still arrive for the next one who asks.
    net::task<std::vector<Answer>> ask(std::vector<std::string> names, Duration limit);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lazaret::dns
