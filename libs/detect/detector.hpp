#pragma once
// Events in, suspicion out. Pure: time comes from the events alone, so that a recorded stream gives the same
// decisions at any speed.

#include "detect/evidence.hpp"
#include "detect/state.hpp"
#include "event/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::detect {

struct Options {
    double false_alarms_per_year = 0.01; ///< per subscriber
    Duration half_life = std::chrono::hours(1);
    std::uint32_t min_messages = 4; ///< nobody is judged on fewer
    Model model;
};

/// How a subscriber stands, with every reason. `score >= threshold` is a conviction.
struct Suspicion {
    std::string cause;               ///< "bot"
    double score = 0, threshold = 0; ///< nats
    Time at{};                       ///< of the event that tipped it
    Time first_event{};              ///< when the evidence began
    std::uint32_t messages = 0;
    std::vector<Contribution> evidence; ///< largest first, none of 0
    std::vector<TraceId> samples;
};

class Detector {
  public:
    explicit Detector(const Options& options);

    /// Takes one event of this state's subscriber. A suspicion comes back when the score is at or above the
    /// threshold, also for each further event that adds evidence, until State::clear_evidence() or time
    /// lowers it. Events should come in the order of time; one that is late counts as if it came now.
    std::optional<Suspicion> feed(State& state, const event::Event& event) const;

    /// Where the subscriber stands at `at`, guilty or not.
    Suspicion assess(const State& state, Time at) const;
    double threshold() const { return threshold_; }

  private:
    void advance(State& state, Time at) const;
    double volume(const State& state) const;
    double failing(const State& state) const;
    double contribution(const State& state, Kind kind) const;
    double score(const State& state) const;
    double cap(Kind kind) const { return cap_of(kind) * threshold_; }

    Options options_;
    double threshold_;
};

} // namespace lazaret::detect
