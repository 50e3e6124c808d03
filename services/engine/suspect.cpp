#include "engine/suspect.hpp"

#include "engine/metrics.hpp"
#include "log/log.hpp"

#include <map>
#include <tuple>

namespace lazaret::engine {

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

Result<void> Suspects::load(store::Database& database, const std::set<std::string>& ids) {
    if (ids.empty()) return {};
    auto subjects = store::load_subjects(database, std::vector<std::string>(ids.begin(), ids.end()));
    if (!subjects) return subjects.error();
    for (const auto& saved : *subjects)
        known_[saved.subscriber] = read(saved);
    return {};
}

Result<void> Suspects::meet(store::Database& database, const std::vector<event::Event>& events) {
    if (known_.size() + 2 * events.size() > most) known_.clear();
    std::set<std::string> unknown;
    std::map<std::string, std::set<std::uint16_t>> parts;
    for (const auto& event : events) {
        if (event.subscriber.empty()) continue;
        if (!known_.contains(event.subscriber)) unknown.insert(event.subscriber);
        parts[event.subscriber].insert(detect::part_of(event));
    }
    if (auto loaded = load(database, unknown); !loaded) return loaded;
    unknown.clear();
    for (auto& [subscriber, numbers] : parts) {
        const auto& whole = known_.at(subscriber).state;
        numbers.insert(whole.first_part);
        numbers.erase(0);
        if (whole.parts == 0 && numbers.size() < 2) continue;
        for (const auto number : numbers)
            if (auto id = detect::part_id(subscriber, number); !known_.contains(id)) unknown.insert(std::move(id));
    }
    return load(database, unknown);
}

detect::State& Suspects::changing(const std::string& id) {
    auto changed = changed_.find(id);
    if (changed == changed_.end()) changed = changed_.emplace(id, known_.at(id)).first;
    return changed->second.state;
}

void Suspects::convict(const std::string& subscriber, const detect::Suspicion& suspicion, Time now, Effects& effects) {
    auto conviction = to_conviction(subscriber, suspicion);
    Subject& subject = changed_.at(subscriber);
    conviction.confine =
        !suspicion.is_mistake() && wants_confinement(policy_, subject.is_protected, suspicion.at, now);
    if (conviction.confine) subject.state.clear_evidence(suspicion.at + detect::until_it_holds);
    effects.convictions.push_back(std::move(conviction));
}

Result<Suspects::Effects> Suspects::consider(store::Database& database,
                                             const std::vector<event::Event>& events, Time now) {
    changed_.clear();
    if (auto met = meet(database, events); !met) return met.error();

    using About = std::tuple<std::string, bool, subscriber::Scope, std::string>; // subscriber, and what of its mail
    std::map<About, detect::Suspicion> suspicions; // the last of each
    const detect::StateOf state_of = [this](const std::string& id) -> detect::State& { return changing(id); };
    for (const auto& event : events) {
        if (event.subscriber.empty()) {
            numbers().unknown_subscriber.Increment();
            continue;
        }
        if (auto found = detect::feed(detector_, state_of, campaigns_, event)) {
            About about(event.subscriber, found->is_mistake(), found->scope, found->part);
            suspicions.insert_or_assign(std::move(about), std::move(*found));
        }
    }

    Effects effects;
    if (policy_.confine != config::Mode::off)
        for (const auto& [about, suspicion] : suspicions)
            convict(std::get<0>(about), suspicion, now, effects);
    effects.states.reserve(changed_.size());
    for (const auto& [subscriber, subject] : changed_) {
        store::SavedState saved;
        saved.subscriber = subscriber;
        saved.state = detect::to_json(subject.state);
        saved.at = subject.state.last;
        effects.states.push_back(std::move(saved));
    }
    for (const auto& change : campaigns_.take_changes()) {
        store::CampaignRow row;
        row.fingerprint = change.fingerprint;
        row.day = change.day;
        row.kind = static_cast<int>(change.kind);
        row.senders = change.senders.bits();
        row.spreaders = change.spreaders.bits();
        row.convicted = change.convicted.bits();
        row.many_senders = change.many_senders.bits();
        row.many_spreaders = change.many_spreaders.bits();
        row.failed = change.failed.hits;
        row.results = change.failed.trials;
        effects.campaigns.push_back(row);
    }
    return effects;
}

void Suspects::keep() {
    for (auto& [subscriber, subject] : changed_)
        known_[subscriber] = std::move(subject);
    changed_.clear();
    numbers().states.Set(static_cast<double>(known_.size()));
}

void Suspects::learn(const std::vector<store::CampaignRow>& rows) {
    for (const auto& row : rows) {
        detect::CampaignDay day;
        day.fingerprint = row.fingerprint;
        day.day = row.day;
        day.kind = static_cast<detect::CampaignKind>(row.kind);
        day.senders = detect::FewDistinct(row.senders);
        day.spreaders = detect::FewDistinct(row.spreaders);
        day.convicted = detect::FewDistinct(row.convicted);
        day.many_senders = detect::ManyDistinct(row.many_senders);
        day.many_spreaders = detect::ManyDistinct(row.many_spreaders);
        day.failed = detect::Share(row.failed, row.results);
        campaigns_.learn(day);
    }
}

void Suspects::forget() {
    known_.clear();
    changed_.clear();
}

} // namespace lazaret::engine
