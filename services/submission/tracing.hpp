#pragma once
// Operators who watch dialogues live. Sessions of all threads tell; a tracer's lines wait in a bounded queue until the
// console's thread takes them. While nobody watches, a session pays one relaxed load.

#include "core/guarded.hpp"
#include "core/time.hpp"
#include "submission/selection.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::submission {

enum class Side { client, server, note };

struct TraceLine {
    Time at{};
    std::uint64_t session = 0;
    IpAddress client;
    Side side = Side::note;
    std::string text; ///< masked before it came here; one line
};

class Tracer {
  public:
    static constexpr std::size_t room = 256 * 1024; ///< octets of waiting text

    explicit Tracer(Selection wanted) : wanted_(std::move(wanted)) {}
    const Selection& wanted() const { return wanted_; }
    void push(TraceLine line); ///< dropped and counted when there is no room
    struct Taken {
        std::deque<TraceLine> lines;
        std::uint64_t dropped = 0; ///< since the last time, behind the lines
    };
    Taken take();

  private:
    struct Queue {
        Taken waiting;
        std::size_t octets = 0;
    };
    const Selection wanted_;
    Guarded<Queue> queue_;
};

class Tracing {
  public:
    static constexpr std::size_t most_tracers = 16;

    /// Whether anybody watches anything.
    bool active() const { return active_.load(std::memory_order_relaxed); }
    void tell(const SessionName& who, Side side, std::string_view text, Time at);
    /// Null when there are too many. stop() when its operator is gone.
    std::shared_ptr<Tracer> start(Selection wanted);
    void stop(const std::shared_ptr<Tracer>& tracer);

  private:
    std::atomic<bool> active_{false};
    Guarded<std::vector<std::shared_ptr<Tracer>>> tracers_;
};

} // namespace lazaret::submission
