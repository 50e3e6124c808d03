#include "detect/replay_run.hpp"

#include <algorithm>

namespace lazaret::detect {

std::string_view to_string(Action action) {
    switch (action) {
    case Action::confine: return "confine";
    case Action::ticket: return "ticket";
    case Action::release: return "release";
    }
    return "";
}

Replay::Replay(const Options& options, const ReplayPolicy& policy) : detector_(options), policy_(policy) {}

Result<void> Replay::take(const Recorded& line, std::vector<ReplayDecision>& decisions) {
    release(line.at, decisions);
    if (line.events.empty()) return {};
    auto found = subjects_.find(line.subscriber);
    if (found == subjects_.end()) {
        if (subjects_.size() >= max_subscribers)
            return Error("found more than " + std::to_string(max_subscribers) + " subscribers");
        found = subjects_.emplace(line.subscriber, Subject()).first;
        found->second.state = State(profile_of(line.klass));
        found->second.is_protected = line.is_protected;
        found->second.story.subscriber = line.subscriber;
    }
    Subject& subject = found->second;
    if (is_held_back(subject, line)) {
        subject.story.held_back += line.is_sent ? 1 : 0;
        return {};
    }
    subject.story.passed += line.is_sent && subject.story.confinements == 0 ? 1 : 0;
    const StateOf state_of = [&](const std::string& id) -> State& {
        return id == line.subscriber ? subject.state : parts_[id];
    };
    for (const auto& event : line.events) {
        ++events_;
        if (auto suspicion = feed(detector_, state_of, campaigns_, event))
            convict(subject, line, *suspicion, decisions);
    }
    return {};
}

bool Replay::is_held_back(const Subject& subject, const Recorded& line) {
    const auto& event = line.events.front();
    const subscriber::Sending what{
        .subscriber = line.subscriber, .account = event.account, .client = event.client, .null_sender = event.null_sender};
    return std::ranges::any_of(subject.confined, [&](const subscriber::Quarantine& each) {
        return line.sent > each.start && line.sent < *each.expiry && subscriber::is_about(each, what);
    });
}

void Replay::release(Time at, std::vector<ReplayDecision>& decisions) {
    while (!releases_.empty() && releases_.front().at <= at) {
        decisions.push_back(std::move(releases_.front()));
        releases_.pop_front();
    }
}

void Replay::convict(Subject& subject, const Recorded& line, const Suspicion& suspicion,
                     std::vector<ReplayDecision>& decisions) {
    if (!policy_.convicts) return;
    const bool is_confinable = policy_.confines && !subject.is_protected && !suspicion.is_mistake();
    if (is_confinable) subject.state.clear_evidence(suspicion.at + until_it_holds);
    const bool confines = is_confinable && may_confine(line.at);
    Time& open_until = suspicion.is_mistake() ? subject.mistake_open_until : subject.open_until;
    const bool is_open = line.at < open_until;
    open_until = line.at + (confines ? policy_.confine_for : policy_.quiet);
    if (!confines && is_open) return; // the ticket is there already

    ReplayDecision decision;
    decision.at = line.at;
    decision.subscriber = line.subscriber;
    decision.action = confines ? Action::confine : Action::ticket;
    decision.scope = suspicion.scope;
    decision.part = suspicion.part;
    decision.cause = suspicion.cause;
    decision.campaign = suspicion.campaign;
    if (!line.is_delivery) decision.message = line.message;
    decision.reason = words(suspicion);
    if (confines) {
        std::erase_if(subject.confined, [&](const auto& each) { return *each.expiry + ReplayReader::until_forgotten <= line.at; });
        subscriber::Quarantine confinement;
        confinement.scope = suspicion.scope;
        confinement.part = suspicion.part;
        confinement.start = line.at;
        confinement.expiry = line.at + policy_.confine_for;
        subject.confined.push_back(std::move(confinement));
        last_hour_.push_back(line.at);
        ReplayDecision end;
        end.at = line.at + policy_.confine_for;
        end.subscriber = line.subscriber;
        end.scope = suspicion.scope;
        end.part = suspicion.part;
        end.action = Action::release;
        end.cause = suspicion.cause;
        end.reason = "the confinement has ended";
        releases_.push_back(std::move(end));
        if (++subject.story.confinements == 1) {
            subject.story.first = line.at;
            subject.story.reason = decision.reason;
        }
    }
    decisions.push_back(std::move(decision));
}

std::optional<Suspicion> Replay::standing(const std::string& subscriber, Time at) const {
    const auto found = subjects_.find(subscriber);
    if (found == subjects_.end()) return std::nullopt;
    return detector_.assess(found->second.state, at, &campaigns_, subscriber);
}

bool Replay::may_confine(Time at) {
    while (!last_hour_.empty() && last_hour_.front() <= at - std::chrono::hours(1))
        last_hour_.pop_front();
    return last_hour_.size() < policy_.max_confinements_per_hour;
}

std::vector<ReplayConfined> Replay::confined() const {
    std::vector<ReplayConfined> list;
    for (const auto& [name, subject] : subjects_)
        if (subject.story.confinements > 0) list.push_back(subject.story);
    std::sort(list.begin(), list.end(), [](const ReplayConfined& a, const ReplayConfined& b) {
        if (a.held_back != b.held_back) return a.held_back > b.held_back;
        return a.first != b.first ? a.first < b.first : a.subscriber < b.subscriber;
    });
    return list;
}

} // namespace lazaret::detect
