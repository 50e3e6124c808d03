#pragma once
// Events in, suspicion out. Pure: time comes from the events alone, so that a recorded stream gives the same
// decisions at any speed. Constant time for each event.

#include "detect/campaigns.hpp"
#include "detect/cause.hpp"
#include "detect/evidence.hpp"
#include "detect/model.hpp"
#include "detect/state.hpp"
#include "event/event.hpp"
#include "subscriber/model.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::detect {

struct Options {
    double false_alarms_per_year = 0.01; ///< per subscriber
    Duration half_life = std::chrono::hours(6);
    std::uint32_t min_messages = 2; ///< nobody is judged on fewer
    Reading reading;
    Model model;
    std::array<bool, kinds> leaves_out{}; ///< kinds of evidence that are not used: what is each worth?
};

/// How a subscriber stands, with every reason. `score >= threshold` is a conviction; a mistake has no score.
struct Suspicion {
    std::string cause;               ///< see cause.hpp
    double score = 0, threshold = 0; ///< nats
    Time at{};                       ///< of the event that tipped it
    Time first_event{};              ///< when the evidence began
    std::uint32_t messages = 0;
    std::vector<Contribution> evidence; ///< largest first, none of 0
    std::vector<TraceId> samples;
    std::uint64_t campaign = 0; ///< fingerprint or campaign_key() of what is shared with others, the same for all; else 0
    CampaignKind shared = CampaignKind::text; ///< what that is
    std::uint64_t text = 0;     ///< fingerprint of the text that went to strangers, whoever else sends it; else 0
    std::vector<std::uint64_t> names; ///< likewise campaign_key() of names in the message that tipped it, at most 6
    subscriber::Scope scope = subscriber::Scope::everything; ///< what of the subscriber's mail is at fault (part.hpp)
    std::string part;           ///< the login or address that the scope names, else ""

    /// The subscriber's own mail is lost by a mistake of its own: it is to be told, and nothing to be stopped.
    bool is_mistake() const { return cause == policy_mistake; }
};

/// What speaks against it, in one sentence.
std::string words(const Suspicion& suspicion);

/// More strangers lately than the subscriber was ever wont to.
bool is_beyond_habit(const State& state);

class Detector {
  public:
    explicit Detector(const Options& options);

    /// Takes one event of this state's subscriber. A suspicion comes back when the score is at or above the
    /// threshold, also for each further event that adds evidence, until State::clear_evidence() or time
    /// lowers it; or one that is a mistake, for each further recipient that it costs. Events should come in the order of time; one that is late counts as if it came now.
    std::optional<Suspicion> feed(State& state, Campaigns& campaigns, const event::Event& event) const;
    /// The same for one of `choices` parts of a subscriber, after the subscriber itself. The subscriber's false alarms are
    /// shared out among them (Bonferroni): each has to show ln(choices) more.
    std::optional<Suspicion> feed_part(State& part, std::size_t choices, const Campaigns& campaigns,
                                       const event::Event& event) const;

    /// Where the subscriber stands at `at`, guilty or not; `campaigns` and `subscriber` may be left out.
    Suspicion assess(const State& state, Time at, const Campaigns* campaigns = nullptr,
                     std::string_view subscriber = {}) const;
    double threshold() const { return threshold_; }

  private:
    using Scores = std::array<double, kinds>;
    void advance(State& state, Time at) const;
    void end_hours(State& state, Time at) const;
    void end_day(State& state, double days) const;
    struct Judged {
        Scores by_kind{};
        bool is_convicted = false;
        bool is_mistake = false;
    };
    /// nullopt for what is no evidence. `told`: what is learned of campaigns; nullptr where it was learned already.
    std::optional<Judged> take(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                               double threshold) const;
    void take_message(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                      const Observation& seen) const;
    void take_names(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                    bool is_to_strangers) const;
    void take_result(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                     const Observation& seen) const;
    bool is_old_failure(State& state, const event::Event& result) const;
    Scores scores(const State& state, const Campaigns* campaigns, std::uint64_t who) const;
    double content(const State& state) const;
    double failing(const State& state) const;
    double fan_out(const State& state) const;
    double volume(const State& state) const;
    double spread(const State& state) const;
    double bounces(const State& state) const;
    double logins(const State& state) const;
    /// What is shared with others that speaks most against the subscriber, and how much.
    struct Company {
        const Campaign* campaign = nullptr;
        double llr = 0;
    };
    Company company(const State& state, const Campaigns& campaigns, std::uint64_t who) const;
    double by_text(const State& state, const Campaign& campaign, std::uint64_t who) const;
    double by_name(const Campaign& campaign, const Campaigns& campaigns, std::uint64_t who) const;
    bool is_spreading(const State& state) const;
    /// Names in the event's message that the subscriber spreads, by campaign_key().
    std::vector<std::uint64_t> spread_names(const State& state, const Campaigns& campaigns, const event::Event& event) const;
    double failing_ratio(const Share& share, const Share& habit) const;
    double trait_ratio(const State& state, const Trait& trait) const;
    Suspicion tell_mistake(const State& state, const event::Event& event) const;
    Suspicion explain(const State& state, const Scores& scores, const Campaigns* campaigns,
                      std::uint64_t who) const;

    Options options_;
    double threshold_;
};

} // namespace lazaret::detect
