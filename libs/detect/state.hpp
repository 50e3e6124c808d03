#pragma once
// What the detector remembers of one subscriber: bounded (below 1 KB as JSON), a value, saved with what it
// led to.

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "detect/baseline.hpp"
#include "detect/sequential.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::detect {

struct State {
    static constexpr std::size_t max_samples = 5;

    Time last{};                ///< of the newest event seen
    Time first_evidence{};      ///< when the present run of evidence began; zero without one
    Time judged_until{};        ///< messages from before this are no evidence any more
    std::uint32_t messages = 0; ///< since the state began or evidence was last cleared
    double awaited = 0; ///< recipients whose delivery result is still to come; forgotten when it does not
    Baseline message_habit, recipient_habit;
    std::array<Tally, kinds> tallies; ///< volume's is unused: its level follows from the habits
    std::string rule;                 ///< that last caught a message, at most 60 octets
    std::vector<TraceId> samples;     ///< of messages that spoke against the subscriber, newest last

    State() = default;
    explicit State(const Profile& prior) : message_habit(prior.messages), recipient_habit(prior.recipients) {}

    /// After a confinement: what was sent until `at` is not held against the subscriber again, not even when
    /// its delivery results come in later. Habits stay.
    void clear_evidence(Time at);
};

std::string to_json(const State& state);
Result<State> from_json(std::string_view text);

} // namespace lazaret::detect
