#pragma once
// What the detector remembers of one subscriber: a value without pointers, below 1 KB, saved with what it led to.
//
// Three time scales. A run: counts forgotten with the half-life of evidence. Today: counts that become habit when
// the day is over, unless the subscriber was suspected on it. Habit: months.

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "detect/amounts.hpp"
#include "detect/season.hpp"
#include "detect/share.hpp"
#include "detect/sketch.hpp"
#include "detect/text_slots.hpp"
#include "subscriber/model.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::detect {

/// What to expect of a subscriber nobody has seen yet: largest counts of a usual day.
struct Profile {
    double messages = 0, strangers = 0, bounces = 0; ///< messages: of an hour

    Profile() = default;
    Profile(double m, double s, double b) : messages(m), strangers(s), bounces(b) {}
};
Profile profile_of(subscriber::Class klass);

/// One of the things by which a message's origin is told: sender address, HELO name, client network.
struct Trait {
    Acquaintances<128> seen;
    Share run, today, habit; ///< messages on which it was new, of messages
    float busiest = 0;       ///< most new ones of a day

    /// `hash` 0: not known, counts for nothing. The very first is no surprise, nor is one that was to be expected.
    void take(std::uint64_t hash, bool is_expected = false);
    /// Known from before today.
    bool is_habit(std::uint64_t hash) const { return seen.younger.contains(hash) || seen.older.contains(hash); }
    void end_day(double days, bool is_trusted, double growth, double slack);
};

/// A count that is forgotten with evidence, and the most it was wont to reach: remembered for months, slow to grow.
struct Peak {
    float habit = 0, today = 0, run = 0; ///< today: the most of the day

    void add(double count);
    void end_day(double days, bool is_trusted, double growth, double slack);
};

struct State {
    static constexpr std::size_t max_samples = 3;
    static constexpr std::size_t max_rule = 24;

    Time last{};                ///< of the newest event seen
    Time born{};                ///< of the first
    Time first_evidence{};      ///< when the present run of evidence began; zero without one
    Time judged_until{};        ///< messages from before this are no evidence any more
    std::uint32_t messages = 0; ///< since the state began or evidence was last cleared
    std::uint16_t first_part = 0, parts = 0; ///< of a subscriber (part.hpp); parts: 0 while there is only the first
    float awaited = 0;          ///< recipients whose result is still to come; forgotten when it does not
    float suspicion_today = 0;  ///< the highest score of the day
    float unauthenticated = 0;  ///< recipients lately lost because the sender's domain does not let us send for it

    Share content, content_habit, content_today; ///< texts that are in no slot any more
    Share failing, failing_habit, failing_today;
    Peak strangers, bounces, logins; ///< logins: failed ones
    float volume = 0, volume_habit = 0, in_hour = 0; ///< messages of about the last hour; busiest hour; clock hour
    std::uint16_t last_failed = 0; ///< of the hash of the recipient that failed last; 0: none, or not known
    bool is_sender_today = false, is_spreader_today = false; ///< counted as one (Campaigns::everybody())
    Amounts amounts;
    Trait senders, helos, networks;
    Acquaintances<128> accounts;
    Acquaintances<704> recipients;
    std::uint32_t company = 0;  ///< half the key of the name by which the latest message to strangers may be a campaign's
    TextSlots texts;
    Season season;
    std::array<TraceId, max_samples> samples{}; ///< of messages that spoke against the subscriber, newest first
    std::array<char, max_rule> rule{};          ///< that last caught a message, up to the first NUL

    State() = default;
    explicit State(const Profile& prior);

    std::string_view rule_name() const;
    void set_rule(std::string_view name);
    void remember(const TraceId& trace);

    /// The counts of today become habit when it is trusted; `days` have passed since the last time.
    /// `peaks_grow`: the largest counts do also on an untrusted day.
    void end_day(double days, bool is_trusted, double growth, double slack, bool peaks_grow = false);
    /// After a confinement: what was sent until `at` is not held against the subscriber again, not even when
    /// its delivery results come in later. Habits stay; the suspicious day does not become one.
    void clear_evidence(Time at);
};
static_assert(sizeof(State) <= 1024);

std::string to_json(const State& state);
Result<State> from_json(std::string_view text);

} // namespace lazaret::detect
