#pragma once
// The states of the subscribers that are being watched and of their parts, in memory, and what a batch of events does to
// them. Nothing changes until keep(), but for the campaigns: when the transaction fails, forget() both and read the same
// events again.

#include "detect/part.hpp"
#include "engine/incidents.hpp"
#include "event/event.hpp"
#include "store/database.hpp"
#include "store/engine_state.hpp"

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::engine {

class Suspects {
  public:
    Suspects(const detect::Options& options, Policy policy);

    /// What the events lead to: states and convictions of a batch. Loads the states it does not hold.
    struct Effects {
        std::vector<store::SavedState> states;
        std::vector<store::CampaignRow> campaigns;
        std::vector<store::Conviction> convictions;
    };
    Result<Effects> consider(store::Database& database, const std::vector<event::Event>& events, Time now);
    void keep();   ///< after the commit
    void forget(); ///< after a failure, and when the directory of subscribers or the shards have changed
    /// What all engines together know of campaigns.
    void learn(const std::vector<store::CampaignRow>& rows);
    void forget_campaigns() { campaigns_ = detect::Campaigns(); }
    std::size_t size() const { return known_.size(); }
    double threshold() const { return detector_.threshold(); }

  private:
    static constexpr std::size_t most =
        500'000; // about 1 KB each; beyond that memory starts afresh from the tables

    struct Subject {
        detect::State state;
        bool is_protected = false;
    };
    using Subjects = std::unordered_map<std::string, Subject>;
    Result<void> meet(store::Database& database, const std::vector<event::Event>& events);
    Result<void> load(store::Database& database, const std::set<std::string>& ids);
    detect::State& changing(const std::string& id);
    void convict(const std::string& subscriber, const detect::Suspicion& suspicion, Time now, Effects& effects);
    static Subject read(const store::EngineSubject& saved);

    detect::Detector detector_;
    Policy policy_;
    Subjects known_, changed_;
    detect::Campaigns campaigns_;
};

} // namespace lazaret::engine
