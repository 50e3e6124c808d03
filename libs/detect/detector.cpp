#include "detect/detector.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

Tally& tally(State& state, Kind kind) {
    return state.tallies[static_cast<std::size_t>(kind)];
}
const Tally& tally(const State& state, Kind kind) {
    return state.tallies[static_cast<std::size_t>(kind)];
}

void remember(State& state, const TraceId& trace) {
    if (trace.empty() || (!state.samples.empty() && state.samples.back() == trace)) return;
    if (state.samples.size() == State::max_samples) state.samples.erase(state.samples.begin());
    state.samples.push_back(trace);
}

std::string rounded(double value) {
    return std::to_string(std::llround(value));
}

std::string words(const State& state, Kind kind) {
    const Tally& run = tally(state, kind);
    switch (kind) {
    case Kind::content: {
        std::string text = std::to_string(run.hits) + " of " + std::to_string(run.trials) +
                           (run.trials == 1 ? " message was" : " messages were") +
                           " caught by the content rules";
        if (!state.rule.empty()) text += ", last by " + state.rule;
        return text;
    }
    case Kind::failing_recipients:
        return std::to_string(run.hits) + " of " + std::to_string(run.trials) +
               (run.trials == 1 ? " recipient does" : " recipients do") + " not exist" +
               (state.awaited >= 0.5 ? ", " + rounded(state.awaited) + " to come" : "");
    case Kind::volume: {
        const bool by_messages = state.message_habit.surprise() >= state.recipient_habit.surprise();
        const Baseline& habit = by_messages ? state.message_habit : state.recipient_habit;
        return "about " + rounded(habit.recent()) + (by_messages ? " messages" : " recipients") +
               " within an hour, where " + rounded(habit.level()) + " are usual";
    }
    }
    return "";
}

} // namespace

Detector::Detector(const Options& options)
    : options_(options), threshold_(threshold_for(options.false_alarms_per_year)) {
    options_.half_life = std::max<Duration>(options_.half_life, std::chrono::seconds(1));
}

void Detector::advance(State& state, Time at) const {
    if (state.last == Time{}) state.last = at;
    // A clock that was a day ahead and has been set right must not stop all forgetting.
    if (at < state.last - std::chrono::hours(24)) state.last = at;
    if (at <= state.last) return;
    const bool is_trusted = score(state) < threshold_ / 2;
    state.message_habit.advance(state.last, at, is_trusted);
    state.recipient_habit.advance(state.last, at, is_trusted);
    for (Tally& one : state.tallies)
        one.forget(at - state.last, options_.half_life);
    state.awaited *= std::exp2(-std::chrono::duration<double>(at - state.last) /
                               std::chrono::duration<double>(options_.model.awaited_half_life));
    if (state.awaited < 0.01) state.awaited = 0;
    state.last = at;
}

double Detector::volume(const State& state) const {
    return std::min(std::max(state.message_habit.surprise(), state.recipient_habit.surprise()),
                    cap(Kind::volume));
}

double Detector::failing(const State& state) const {
    const double llr = tally(state, Kind::failing_recipients).llr;
    return std::max(llr + state.awaited * success_llr(options_.model), 0.0);
}

double Detector::contribution(const State& state, Kind kind) const {
    switch (kind) {
    case Kind::content: return tally(state, kind).llr;
    case Kind::failing_recipients: return failing(state);
    case Kind::volume: return volume(state);
    }
    return 0;
}

double Detector::score(const State& state) const {
    double sum = 0;
    for (Kind kind : all_kinds)
        sum += contribution(state, kind);
    return sum;
}

std::optional<Suspicion> Detector::feed(State& state, const event::Event& event) const {
    const Observation seen = observe(event, options_.model);
    if (seen.messages == 0 && !seen.is_result) return std::nullopt;
    advance(state, event.at);
    if (!event.trace.empty() && begin_of(event.trace) < state.judged_until) return std::nullopt;

    const double before = score(state);
    if (seen.messages > 0) {
        state.messages += state.messages < UINT32_MAX ? 1 : 0;
        state.message_habit.add(seen.messages);
        state.recipient_habit.add(seen.recipients);
    }
    state.awaited += seen.awaited;
    if (seen.is_result) state.awaited = std::max(state.awaited - 1, 0.0);
    if (seen.content) {
        tally(state, Kind::content).add(*seen.content, cap(Kind::content));
        if (seen.content->hits > 0) state.rule = seen.rule;
    }
    if (seen.failing)
        tally(state, Kind::failing_recipients).add(*seen.failing, cap(Kind::failing_recipients));

    const double after = score(state);
    const bool is_quiet = volume(state) <= 0 && std::all_of(state.tallies.begin(), state.tallies.end(),
                                                            [](const Tally& one) { return one.empty(); });
    if (is_quiet) {
        state.first_evidence = {};
        state.samples.clear();
    } else if (state.first_evidence == Time{}) {
        state.first_evidence = state.last;
    }
    if ((seen.content && seen.content->hits > 0) || (seen.failing && seen.failing->hits > 0))
        remember(state, event.trace);

    const bool speaks_against = after > before || (seen.content && seen.content->hits > 0) ||
                                (seen.failing && seen.failing->hits > 0);
    if (after < threshold_ || state.messages < options_.min_messages || !speaks_against) return std::nullopt;
    return assess(state, state.last);
}

Suspicion Detector::assess(const State& now, Time at) const {
    State state = now;
    advance(state, at);
    Suspicion result;
    result.cause = "bot";
    result.score = score(state);
    result.threshold = threshold_;
    result.at = at;
    result.first_event = state.first_evidence;
    result.messages = state.messages;
    result.samples = state.samples;
    for (Kind kind : all_kinds) {
        const double llr = contribution(state, kind);
        if (llr <= 0) continue;
        const auto count = kind == Kind::volume
                               ? static_cast<std::uint32_t>(std::min(state.message_habit.recent(), 1e9))
                               : tally(state, kind).hits;
        result.evidence.emplace_back(kind, llr, count, words(state, kind));
    }
    std::sort(result.evidence.begin(), result.evidence.end(),
              [](const Contribution& a, const Contribution& b) { return a.llr > b.llr; });
    return result;
}

} // namespace lazaret::detect
