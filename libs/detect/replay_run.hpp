#pragma once
// What the engine would have decided on a recording: the same Detector, and around it a world in which its
// confinements hold. Time is the recording's.
//
// While a subscriber is confined the messages that this is about do not exist for the detector: in life they are refused, and
// our own refusals are no evidence. Their delivery results do not exist either; those of messages from before
// the confinement do, and the detector leaves them aside as judged already. When the confinement ends
// the evidence begins anew and the habit goes on where it was.

#include "detect/detector.hpp"
#include "detect/part.hpp"
#include "detect/replay.hpp"
#include "subscriber/snapshot.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::detect {

enum class Action { confine, ticket, release };
std::string_view to_string(Action action);

/// What the engine does about a conviction (configuration: engine.confine and its neighbours).
struct ReplayPolicy {
    bool convicts = true; ///< false: engine.confine is off, nothing is decided
    bool confines = true; ///< false: tickets only
    Duration confine_for = std::chrono::hours(24);
    std::uint32_t max_confinements_per_hour = 100; ///< beyond that only a ticket
    Duration quiet = std::chrono::hours(24);       ///< a ticket closes after this long without evidence
};

struct ReplayDecision {
    Time at{};
    std::string subscriber;
    Action action = Action::confine;
    subscriber::Scope scope = subscriber::Scope::everything; ///< what of the subscriber's mail
    std::string part;    ///< the login or address that the scope names
    std::string cause;   ///< see cause.hpp
    std::uint64_t campaign = 0; ///< the same for all subscribers that send one text together; 0: this one alone
    std::string message; ///< whose sending tipped it; "" when a delivery result or an expiry did
    std::string reason;  ///< in words
};

/// A subscriber that was confined at least once.
struct ReplayConfined {
    std::string subscriber;
    Time first{};       ///< confinement
    std::string reason; ///< of the first
    std::uint64_t confinements = 0;
    std::uint64_t passed = 0;    ///< its messages before the first confinement
    std::uint64_t held_back = 0; ///< its messages during confinements
};

class Replay {
  public:
    static constexpr std::size_t max_subscribers = 1'000'000; ///< below 1 KB each

    Replay(const Options& options, const ReplayPolicy& policy);

    /// Takes the next line over and appends what follows from it, in the order of time.
    Result<void> take(const Recorded& line, std::vector<ReplayDecision>& decisions);

    /// Where a subscriber stands now; nullopt for one that has not sent anything.
    std::optional<Suspicion> standing(const std::string& subscriber, Time at) const;

    std::uint64_t events() const { return events_; } ///< that the detector was fed
    std::size_t subscribers() const { return subjects_.size(); }
    std::vector<ReplayConfined> confined() const; ///< most messages held back first

  private:
    struct Subject {
        State state;
        std::vector<subscriber::Quarantine> confined; // those that may still hold
        Time open_until{}, mistake_open_until{}; // of the tickets, without further evidence
        bool is_protected = false;
        ReplayConfined story;
    };
    static bool is_held_back(const Subject& subject, const Recorded& line);
    void release(Time at, std::vector<ReplayDecision>& decisions);
    void convict(Subject& subject, const Recorded& line, const Suspicion& suspicion,
                 std::vector<ReplayDecision>& decisions);
    bool may_confine(Time at);

    Detector detector_;
    ReplayPolicy policy_;
    Campaigns campaigns_;
    std::unordered_map<std::string, Subject> subjects_;
    std::unordered_map<std::string, State> parts_; // by part_id()
    std::deque<ReplayDecision> releases_; // to come, earliest first
    std::deque<Time> last_hour_;          // begins of confinements
    std::uint64_t events_ = 0;
};

} // namespace lazaret::detect
