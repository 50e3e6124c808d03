#pragma once
// A circuit breaker: after so many failures in a row a daemon is left alone, but for one call per interval that finds out
// whether it is back. One success closes it. Pure: time is an argument, and it asks nobody.

#include "core/time.hpp"

#include <chrono>

namespace lazaret::scan {

class Breaker {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class State {
        closed,  ///< calls go
        open,    ///< calls do not go
        probing, ///< one is out to find out
    };

    /// Opens with failure number `failures` (at least 1) in a row; then one call per `interval`.
    Breaker(unsigned failures, Duration interval) : most_(failures), interval_(interval) {}

    /// Whether a call may go now. In `open` the first to ask once an interval gets the probe: it should go. One that never
    /// tells how it went is given up after an interval.
    bool allow(TimePoint now);
    void succeeded();
    /// Also of calls that began before it opened: those change nothing.
    void failed(TimePoint now);

    State state() const { return state_; }
    unsigned failures() const { return failures_; } ///< in a row; stops counting when open

  private:
    unsigned most_, failures_ = 0;
    Duration interval_;
    State state_ = State::closed;
    TimePoint next_probe_{};
};

} // namespace lazaret::scan
