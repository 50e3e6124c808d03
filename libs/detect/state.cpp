#include "detect/state.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

constexpr double peak_half_life = 90; // days
constexpr float longest_memory = 1000; // trials of a habit; beyond that the old weighs less

void become_habit(Share& today, Share& habit, bool is_trusted) {
    if (is_trusted) {
        habit.add(today.hits, today.trials);
        if (habit.trials > longest_memory) habit.forget(longest_memory / habit.trials);
    }
    today = Share();
}

/// A larger day than any before counts, but not all at once; what was long ago counts less.
void grow(float& most, double today, double days, bool is_trusted, double growth, double slack) {
    most *= static_cast<float>(std::exp2(-days / peak_half_life));
    if (is_trusted && today > most) most = static_cast<float>(std::min(today, growth * (most + slack)));
}

} // namespace

Profile profile_of(subscriber::Class klass) {
    switch (klass) {
    case subscriber::Class::dynamic: return Profile(0, 0, 0);
    case subscriber::Class::fixed: return Profile(5, 10, 2);
    case subscriber::Class::business: return Profile(30, 50, 10);
    case subscriber::Class::trusted: return Profile(150, 500, 50);
    }
    return Profile();
}

void Trait::take(std::uint64_t hash, bool is_expected) {
    if (hash == 0) return;
    const bool is_first = is_expected || seen.empty();
    const bool is_new = !seen.knows(hash);
    const double correction = is_new ? seen.correction() : 0; // for new ones that look known
    if (is_new) seen.meet(hash);
    if (is_first) return;
    for (Share* share : {&run, &today}) {
        share->add(correction, 1);
        share->hits = std::min(share->hits, share->trials);
    }
}

void Trait::end_day(double days, bool is_trusted, double growth, double slack) {
    grow(busiest, today.hits, days, is_trusted, growth, slack);
    become_habit(today, habit, is_trusted);
    seen.end_day(is_trusted);
}

void Peak::add(double count) {
    run += static_cast<float>(count);
    today = std::max(today, run);
}

void Peak::end_day(double days, bool is_trusted, double growth, double slack) {
    grow(habit, today, days, is_trusted, growth, slack);
    today = is_trusted ? run : 0; // what is still in memory goes on counting
}

State::State(const Profile& prior) {
    strangers.habit = static_cast<float>(prior.strangers);
    bounces.habit = static_cast<float>(prior.bounces);
    volume_habit = static_cast<float>(prior.messages);
}

std::string_view State::rule_name() const {
    const auto end = std::find(rule.begin(), rule.end(), '\0');
    return std::string_view(rule.data(), static_cast<std::size_t>(end - rule.begin()));
}

void State::set_rule(std::string_view name) {
    const std::string text = printable(name, max_rule);
    rule = {};
    std::copy_n(text.begin(), std::min(text.size(), max_rule), rule.begin());
}

void State::remember(const TraceId& trace) {
    if (trace.empty() || samples[0] == trace) return;
    std::rotate(samples.begin(), samples.end() - 1, samples.end());
    samples[0] = trace;
}

void State::end_day(double days, bool is_trusted, double growth, double slack, bool peaks_grow) {
    become_habit(content_today, content_habit, is_trusted);
    become_habit(failing_today, failing_habit, is_trusted);
    strangers.end_day(days, is_trusted || peaks_grow, growth, slack);
    bounces.end_day(days, is_trusted || peaks_grow, growth, slack);
    logins.end_day(days, true, growth, slack); // others try passwords on anybody
    for (Trait* trait : {&senders, &helos, &networks})
        trait->end_day(days, is_trusted, growth, 1);
    recipients.end_day(is_trusted);
    accounts.end_day(is_trusted);
    suspicion_today = 0;
    is_sender_today = is_spreader_today = false;
}

void State::clear_evidence(Time at) {
    const bool is_sender = is_sender_today, is_spreader = is_spreader_today; // counted already, and to be counted once
    end_day(0, false, 1, 0);
    is_sender_today = is_sender;
    is_spreader_today = is_spreader;
    content = failing = Share();
    strangers.run = bounces.run = logins.run = volume = in_hour = 0;
    amounts.clear();
    senders.run = helos.run = networks.run = Share();
    texts = TextSlots();
    company = 0;
    unauthenticated = 0;
    last_failed = 0;
    samples = {};
    rule = {};
    messages = 0;
    awaited = 0;
    first_evidence = {};
    judged_until = at;
}

} // namespace lazaret::detect
