#pragma once
// Evidence: what one event says about whether its subscriber is a bot, as log-likelihood ratios in nats
// (positive: more likely from a bot; e^llr times more likely), each kind for itself and explainable in words.

#include "core/time.hpp"
#include "event/event.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::detect {

enum class Kind : std::size_t {
    content,            ///< messages refused for their content, or that would have been
    failing_recipients, ///< recipients that do not exist, from the next hop's replies and from delivery
                        ///< results
    volume,             ///< messages and recipients beyond the subscriber's habit
};
inline constexpr std::size_t kinds = 3;
inline constexpr std::array<Kind, kinds> all_kinds{Kind::content, Kind::failing_recipients, Kind::volume};
std::string_view to_string(Kind kind); ///< "content", "failing_recipients", "volume"

/// Chances under the two hypotheses. They are assumptions, written down once; nothing is fitted to a data
/// set.
struct Model {
    // A bot's message is caught by the rules about every second time; an honest one in two hundred.
    double content_bot = 0.5, content_good = 0.005;
    // Rules in mode warn are younger and err more often.
    double warned_bot = 0.45, warned_good = 0.02;
    // Bought address lists fail for a third of their entries; an honest one for one in thirty.
    double failing_bot = 0.35, failing_good = 0.03;
    // Failures come back at once, successes take their time: until its result is there, a recipient counts as
    // good.
    Duration awaited_half_life = std::chrono::minutes(10);
    double reject_score = 10; ///< sum of findings from which a message counts as caught
    bool delivery_results =
        true; ///< false: nobody reads the next hop's log, so acceptance at RCPT counts as success
};

/// What one event adds to one kind.
struct Step {
    double llr = 0;
    std::uint32_t hits = 0, trials = 0;

    Step() = default;
    Step(double l, std::uint32_t h, std::uint32_t t) : llr(l), hits(h), trials(t) {}
};

/// An event as the detector sees it. All empty when the event is no evidence: our own refusals by quarantine,
/// limit, protocol, rights or an unavailable dependency are facts about us, not about the subscriber.
struct Observation {
    std::uint32_t messages = 0;   ///< 0 or 1: the subscriber tried to send one
    std::uint32_t recipients = 0; ///< how many it was for
    std::optional<Step> content, failing;
    std::uint32_t awaited = 0; ///< recipients whose delivery result is still to come
    bool is_result = false;    ///< of one that was awaited
    std::string rule;          ///< that caught the message
};
/// What one recipient that exists adds (below zero).
double success_llr(const Model& model);
Observation observe(const event::Event& event, const Model& model);

/// True for the enhanced codes of RFC 3463 that say the address does not exist: x.1.1, x.1.2, x.1.3, x.1.10.
bool says_nonexistent(std::string_view enhanced);

/// When the transaction of this trace began: its first 48 bits are milliseconds.
Time begin_of(const TraceId& trace);

/// One line of an explanation.
struct Contribution {
    Kind kind = Kind::content;
    double llr = 0;          ///< nats, after forgetting and cap
    std::uint32_t count = 0; ///< messages or recipients that spoke against the subscriber
    std::string reason;      ///< one sentence for the abuse desk

    Contribution() = default;
    Contribution(Kind k, double l, std::uint32_t c, std::string r)
        : kind(k), llr(l), count(c), reason(std::move(r)) {}
};

} // namespace lazaret::detect
