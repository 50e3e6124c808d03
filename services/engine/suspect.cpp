#include "engine/suspect.hpp"

#include "engine/metrics.hpp"
#include "log/log.hpp"

#include <map>
#include <set>

namespace lazaret::engine {
namespace {

/// A confinement reaches the submission nodes within a second; what slips through until then was decided upon
/// already.
constexpr Duration until_it_holds = std::chrono::seconds(2);

} // namespace

Suspects::Suspects(const detect::Options& options, Policy policy)
    : detector_(options), policy_(std::move(policy)) {}

Suspects::Subject Suspects::read(const store::EngineSubject& saved) {
    Subject subject;
    subject.is_protected = saved.is_protected;
    subject.state = detect::State(detect::profile_of(saved.klass));
    if (saved.state.empty()) return subject;
    if (auto state = detect::from_json(saved.state))
        subject.state = std::move(*state);
    else
        log::warn("state_unreadable", "a subscriber's saved state is left aside and begins anew",
                  {{"subscriber", saved.subscriber}, {"error", state.error().message}});
    return subject;
}

Result<void> Suspects::meet(store::Database& database, const std::vector<event::Event>& events) {
    std::set<std::string> unknown;
    for (const auto& event : events)
        if (!event.subscriber.empty() && !known_.contains(event.subscriber)) unknown.insert(event.subscriber);
    if (unknown.empty()) return {};
    if (known_.size() + unknown.size() > most) {
        known_.clear();
        return meet(database, events);
    }
    auto subjects = store::load_subjects(database, std::vector<std::string>(unknown.begin(), unknown.end()));
    if (!subjects) return subjects.error();
    for (const auto& saved : *subjects)
        known_[saved.subscriber] = read(saved);
    return {};
}

Result<Suspects::Effects> Suspects::consider(store::Database& database,
                                             const std::vector<event::Event>& events, Time now) {
    changed_.clear();
    changed_campaigns_ = campaigns_;
    if (auto met = meet(database, events); !met) return met.error();

    std::map<std::string, detect::Suspicion> suspicions; // the last of each
    for (const auto& event : events) {
        if (event.subscriber.empty()) {
            numbers().unknown_subscriber.Increment();
            continue;
        }
        auto changed = changed_.find(event.subscriber);
        if (changed == changed_.end())
            changed = changed_.emplace(event.subscriber, known_.at(event.subscriber)).first;
        if (auto suspicion = detector_.feed(changed->second.state, changed_campaigns_, event))
            suspicions.insert_or_assign(event.subscriber, std::move(*suspicion));
    }

    Effects effects;
    if (policy_.confine != config::Mode::off) {
        for (const auto& [subscriber, suspicion] : suspicions) {
            Subject& subject = changed_.at(subscriber);
            auto conviction = to_conviction(subscriber, suspicion);
            conviction.confine = wants_confinement(policy_, subject.is_protected, suspicion.at, now);
            if (conviction.confine) subject.state.clear_evidence(suspicion.at + until_it_holds);
            effects.convictions.push_back(std::move(conviction));
        }
    }
    effects.states.reserve(changed_.size());
    for (const auto& [subscriber, subject] : changed_) {
        store::SavedState saved;
        saved.subscriber = subscriber;
        saved.state = detect::to_json(subject.state);
        saved.at = subject.state.last;
        effects.states.push_back(std::move(saved));
    }
    return effects;
}

void Suspects::keep() {
    for (auto& [subscriber, subject] : changed_)
        known_[subscriber] = std::move(subject);
    changed_.clear();
    campaigns_ = changed_campaigns_;
    numbers().states.Set(static_cast<double>(known_.size()));
}

void Suspects::forget() {
    known_.clear();
    changed_.clear();
}

} // namespace lazaret::engine
