#pragma once
// Questions to the DNS, on the thread that asks: c-ares does the protocol, the io_context waits for its sockets. Answers
// are remembered for their time to live, equal questions go out once, and everything has a bound: questions under way,
// answers kept, and the time that the asker waits.

#include "core/address.hpp"
#include "core/time.hpp"
#include "net/task.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lazaret::dns {

inline constexpr std::size_t longest_name = 253; ///< octets of a name without the last dot (RFC 1035 2.3.4)

enum class Type { a, aaaa, mx, ptr, txt };

struct Question {
    std::string name; ///< absolute, with or without the last dot
    Type type;

    Question(std::string about, Type what = Type::a) : name(std::move(about)), type(what) {}
    Question(const char* about, Type what = Type::a) : name(about), type(what) {}
};

/// The records of one type and name (RFC 1035 3.3, RFC 3596).
struct Answer {
    enum class State {
        found,
        none,   ///< no such name, or no record of this type
        failed, ///< no answer in time, SERVFAIL, nonsense, too many questions under way, or more than is kept
    };
    State state = State::failed;
    std::vector<IpAddress> addresses; ///< A, AAAA: at most 16
    /// TXT: of each record its strings, joined; MX: the hosts, most preferred first; PTR: the names. At most 16 KiB of them.
    std::vector<std::string> texts;

    Answer() = default; // travels through coroutines: no aggregate
};

struct ResolverSettings {
    std::vector<Endpoint> servers; ///< literal addresses; empty = those of /etc/resolv.conf
    Duration timeout = std::chrono::seconds(2); ///< for an answer of one server, the first time it is asked
    unsigned tries = 2;                         ///< of each server
    std::size_t max_in_flight = 1000;
    std::size_t max_cached = 20'000;
    std::size_t max_texts_cached = 1000; ///< of answers with texts, which are larger
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
    ~Resolver(); ///< stop()
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// The answers in the order of the questions. Returns when all are there; after `limit` those that are not have failed,
    /// though they may still arrive for the next one who asks.
    net::task<std::vector<Answer>> ask(std::vector<Question> questions, Duration limit);
    net::task<Answer> ask(Question question, Duration limit);
    /// Whoever waits gets `failed`, and so does who asks from now on: nothing keeps the loop from ending.
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lazaret::dns
