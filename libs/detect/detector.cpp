#include "detect/detector.hpp"

#include "detect/threshold.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lazaret::detect {
namespace {

using std::chrono::floor;
using std::chrono::hours;

constexpr Duration awaited_half_life = std::chrono::minutes(10);
constexpr Duration volume_half_life = std::chrono::hours(1);
constexpr double trusted_below = 0.6; // of the threshold: a day above it does not become habit
constexpr double some_evidence = 1;   // nats at which a run of evidence begins

double remains(Duration passed, Duration half_life) {
    return std::exp2(-std::chrono::duration<double>(passed) / std::chrono::duration<double>(half_life));
}

/// First-time recipients of a message, and their number corrected for those that only look known.
struct Strangers {
    std::uint32_t seen = 0;
    double corrected = 0;
};

Strangers meet(State& state, const event::Event& event) {
    Strangers met;
    const double correction = state.recipients.correction();
    for (const auto& recipient : event.recipients) {
        const std::uint64_t hash = mixed(recipient.hash);
        if (state.recipients.knows(hash)) continue;
        state.recipients.meet(hash);
        ++met.seen;
    }
    met.corrected = met.seen * correction;
    return met;
}

} // namespace

bool is_beyond_habit(const State& state) {
    const double days = std::chrono::duration<double, std::ratio<86400>>(state.last - state.born).count();
    // Of somebody new the habit is not known yet.
    return state.strangers.run > state.strangers.habit + 8 / (1 + std::max(days, 0.0));
}

Detector::Detector(const Options& options)
    : options_(options), threshold_(threshold_for(options.false_alarms_per_year, options.half_life)) {
    options_.half_life = std::max<Duration>(options_.half_life, std::chrono::seconds(1));
}

void Detector::end_day(State& state, double days) const {
    const bool is_trusted = state.suspicion_today < trusted_below * threshold_;
    // What is suspicious but stays below a conviction becomes habit slowly, or nobody would ever grow.
    const bool is_doubtful = !is_trusted && state.suspicion_today < threshold_;
    state.end_day(days, is_trusted, is_doubtful ? 2 : options_.model.growth, options_.model.fan_out_slack,
                  is_doubtful);
}

void Detector::end_hours(State& state, Time at) const {
    auto hour = Season::hour_of(state.last);
    auto passed = (floor<hours>(at) - floor<hours>(state.last)).count();
    if (state.suspicion_today < trusted_below * threshold_) {
        state.season.learn(hour, state.in_hour);
        state.amounts.learn(state.volume);
        const auto busiest = static_cast<float>(options_.model.growth *
                                                (state.volume_habit + options_.model.volume_slack));
        if (state.in_hour > state.volume_habit) state.volume_habit = std::min(state.in_hour, busiest);
    }
    state.in_hour = 0;
    state.amounts.end_hour();
    // Silence is habit as well. Beyond some weeks nothing would change any more.
    for (passed = std::min<std::int64_t>(passed, 8 * 168); passed > 1; --passed)
        state.season.learn(hour = (hour + 1) % Season::hours, 0);
}

void Detector::advance(State& state, Time at) const {
    if (state.born == Time{}) state.born = at;
    if (state.last == Time{}) state.last = at;
    // A clock that was a day ahead and has been set right must not stop all forgetting.
    if (at < state.last - hours(24)) state.last = at;
    if (at <= state.last) return;
    if (floor<hours>(at) != floor<hours>(state.last)) {
        end_hours(state, at);
        using std::chrono::days;
        if (const auto passed = floor<days>(at) - floor<days>(state.last); passed.count() > 0)
            end_day(state, static_cast<double>(passed.count()));
    }
    const double kept = remains(at - state.last, options_.half_life);
    for (Share* share : {&state.content, &state.failing, &state.senders.run, &state.helos.run, &state.networks.run})
        share->forget(kept);
    for (float* count : {&state.strangers.run, &state.bounces.run, &state.logins.run, &state.unauthenticated})
        *count *= static_cast<float>(kept);
    state.texts.forget(static_cast<float>(kept));
    const auto of_hour = static_cast<float>(remains(at - state.last, volume_half_life));
    state.volume *= of_hour;
    state.amounts.forget(of_hour);
    state.awaited *= static_cast<float>(remains(at - state.last, awaited_half_life));
    if (state.awaited < 0.01f) state.awaited = 0;
    state.last = at;
}

void Detector::take_message(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                            const Observation& seen) const {
    state.messages += state.messages < UINT32_MAX ? 1 : 0;
    if (told) told->note(seen.is_caught, state.last);
    state.volume += 1;
    state.in_hour += 1;
    state.amounts.take(event);
    state.awaited += static_cast<float>(seen.awaited);
    Text evicted;
    Text& text = state.texts.use(event.fingerprint, evicted);
    if (!evicted.empty()) state.content.add(evicted.caught / evicted.sent, 1);
    if (text.sent < 1) state.content_today.add(seen.is_caught, 1);
    text.sent += 1;
    text.caught += seen.is_caught ? 1.f : 0.f;
    if (seen.is_caught) state.set_rule(seen.rule);

    // Another mailbox brings a name, a device and a place of its own.
    const auto account = event.account.empty() ? 0 : hash_of(event.account);
    const bool is_new_account = account != 0 && !state.accounts.knows(account);
    if (is_new_account) state.accounts.meet(account);
    bool is_to_strangers = false;
    if (event.null_sender) {
        // Whom the subscriber wrote to may get an answer without a sender: a receipt, a notice of absence. And a machine that
        // writes to its owner without one is no server that bounces: what counts is to how many.
        state.bounces.add(meet(state, event).corrected);
    } else {
        const Strangers met = meet(state, event);
        state.strangers.add(met.corrected);
        is_to_strangers = met.seen > 0;
        text.strangers += static_cast<float>(met.seen);
        state.senders.take(event.sender_hash == 0 ? 0 : mixed(event.sender_hash), is_new_account);
    }
    take_names(state, campaigns, told, event, is_to_strangers);
    state.helos.take(event.helo.empty() ? 0 : hash_of(event.helo), is_new_account);
    state.networks.take(network_of(event.client), is_new_account);

    if (!told) return;
    if (Campaign* campaign = told->meet(event.fingerprint, state.last)) {
        const auto who = hash_of(event.subscriber);
        told->add_sender(*campaign, who);
        // More than once: who passes on a chain letter writes one message, to several.
        if (text.strangers >= options_.model.spreads_from && text.sent >= 1.5f && is_beyond_habit(state))
            told->add_spreader(*campaign, who);
    }
}

/// Whether it is known that mail of this recipient's fails or arrives: a mailbox that is closed, an address that is wrong in one
/// program's settings. Each message to it fails, and that is one mistake, no list of many.
bool Detector::is_old_failure(State& state, const event::Event& result) const {
    const std::uint64_t recipient = result.recipients.empty() ? 0 : result.recipients.front().hash;
    if (recipient == 0) return false;
    const std::uint64_t hash = mixed(recipient);
    const auto mark = static_cast<std::uint16_t>(hash >> 48 | 1);
    return std::exchange(state.last_failed, mark) == mark || state.recipients.is_habit(hash);
}

void Detector::take_result(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event, const Observation& seen) const {
    const auto trials = seen.exist + seen.nonexistent;
    if (seen.is_result) state.awaited = std::max(state.awaited - 1, 0.f);
    if (trials == 0) return;
    state.failing.add(seen.nonexistent, trials);
    state.failing_today.add(seen.nonexistent, trials);
    // A result does not name its text: it is taken to be the latest, as it nearly always is.
    Text& text = state.texts.latest();
    const std::uint64_t fingerprint = seen.is_message ? event.fingerprint : text.fingerprint;
    if (!campaigns.find(fingerprint)) return;
    text.results += static_cast<float>(trials);
    text.failed += static_cast<float>(seen.nonexistent);
    if (told) told->add_results(*told->find(fingerprint), seen.nonexistent, trials);
}

std::optional<Detector::Judged> Detector::take(State& state, const Campaigns& campaigns, Campaigns* told,
                                               const event::Event& event, double threshold) const {
    Observation seen = observe(event, options_.reading);
    if (!seen.is_message && !seen.is_result && !seen.is_login_failure) return std::nullopt;
    advance(state, event.at);
    if (seen.is_login_failure) state.logins.add(1);
    if (!event.trace.empty() && begin_of(event.trace) < state.judged_until) return std::nullopt;

    if (seen.is_message) take_message(state, campaigns, told, event, seen);
    if (seen.is_result && seen.nonexistent > 0 && is_old_failure(state, event)) seen.nonexistent = 0;
    take_result(state, campaigns, told, event, seen);
    if (seen.is_caught || seen.nonexistent > 0) state.remember(event.trace);
    state.unauthenticated += seen.is_unauthenticated ? 1.f : 0.f;
    // What arrived was counted as good when it was sent, and tells nothing new.
    if (seen.is_result && !seen.is_message && seen.nonexistent == 0 && !seen.is_unauthenticated) return std::nullopt;

    Judged out;
    out.by_kind = scores(state, &campaigns, hash_of(event.subscriber));
    double score = 0, against = 0;
    for (double one : out.by_kind) {
        score += one;
        against += std::max(one, 0.0);
    }
    state.suspicion_today = std::max(state.suspicion_today, static_cast<float>(score));
    if (against < some_evidence)
        state.first_evidence = {};
    else if (state.first_evidence == Time{})
        state.first_evidence = state.last;

    // Who sends spam in others' names is no victim of a mistake.
    out.is_mistake = seen.is_unauthenticated && state.unauthenticated >= options_.model.mistake_from &&
                     score < trusted_below * threshold;
    const bool speaks_against = seen.is_message || seen.nonexistent > 0;
    out.is_convicted = score >= threshold && state.messages >= options_.min_messages && speaks_against;
    if (out.is_convicted && seen.is_message) state.remember(event.trace);
    return out;
}

std::optional<Suspicion> Detector::feed(State& state, Campaigns& campaigns, const event::Event& event) const {
    const auto judged = take(state, campaigns, &campaigns, event, threshold_);
    if (judged && judged->is_mistake) return tell_mistake(state, event);
    if (!judged || !judged->is_convicted) return std::nullopt;
    const auto who = hash_of(event.subscriber);
    // Only what stands without the others may speak against others, or one mistake would make the next.
    double alone = -judged->by_kind[static_cast<std::size_t>(Kind::campaign)];
    for (double one : judged->by_kind)
        alone += one;
    if (Campaign* campaign = campaigns.find(state.texts.latest().fingerprint);
        campaign && state.texts.latest().strangers >= options_.model.spreads_from && alone >= threshold_)
        campaigns.add_convicted(*campaign, who);
    Suspicion found = explain(state, judged->by_kind, &campaigns, who);
    found.names = spread_names(state, campaigns, event);
    if (alone < threshold_) return found;
    for (const auto key : found.names)
        campaigns.add_convicted(*campaigns.find_name(Campaigns::half_of(key)), who);
    return found;
}

std::optional<Suspicion> Detector::feed_part(State& part, std::size_t choices, const Campaigns& campaigns,
                                             const event::Event& event) const {
    const double threshold = threshold_ + std::log(static_cast<double>(std::max<std::size_t>(choices, 1)));
    const auto judged = take(part, campaigns, nullptr, event, threshold);
    if (!judged || !judged->is_convicted) return std::nullopt;
    Suspicion found = explain(part, judged->by_kind, &campaigns, hash_of(event.subscriber));
    found.threshold = threshold;
    found.names = spread_names(part, campaigns, event);
    return found;
}

Suspicion Detector::assess(const State& now, Time at, const Campaigns* campaigns,
                           std::string_view subscriber) const {
    State state = now;
    advance(state, at);
    const auto who = hash_of(subscriber);
    return explain(state, scores(state, campaigns, who), campaigns, who);
}

} // namespace lazaret::detect
