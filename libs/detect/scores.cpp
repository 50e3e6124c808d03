// The score: what each kind of evidence is worth at this moment, in nats. docs/architecture/detection.md explains
// the model, model.hpp holds its numbers.

#include "detect/detector.hpp"
#include "detect/tail.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

constexpr double fan_out_shown = 0.8;
constexpr double off_hours = 0.25; // of the busiest hour is expected in an hour that is usually quiet

} // namespace

double Detector::content(const State& state) const {
    const Model& m = options_.model;
    Share texts = state.content;
    for (const Text& text : state.texts.slots) {
        if (text.empty()) continue;
        // Copies hang together: n of them are worth 1 to 1 / correlation observations.
        const double sent = std::max(1.f, text.sent);
        const double weight = std::min(1.f, text.sent) * sent / (1 + m.copies_hang_together * (sent - 1));
        texts.add(weight * text.caught / text.sent, weight);
    }
    if (texts.empty()) return 0;
    const double usual = std::min(share_of(state.content_habit, m.caught_good, 20), 0.3);
    const double llr = log_likelihood(texts, Law(m.caught_bad_yes, m.caught_bad_no)) -
                       log_likelihood(texts, Law::around(usual, m.caught_good_strength));
    return shown_with(m.caught_shown, llr);
}

double Detector::failing_ratio(const Share& share, const Share& habit) const {
    if (share.empty()) return 0;
    const Model& m = options_.model;
    const double usual = std::min(share_of(habit, m.failing_good, m.failing_good_strength), 0.2);
    const double good =
        mixture(m.stale_list, log_likelihood(share, Law(m.stale_yes, m.stale_no)),
                log_likelihood(share, Law::around(usual, m.failing_good_strength)));
    return shown_with(m.failing_shown, log_likelihood(share, Law(m.failing_bad_yes, m.failing_bad_no)) - good);
}

double Detector::failing(const State& state) const {
    // Failures come back at once, successes take their time: until its result is there, a recipient counts as good.
    Share share = state.failing;
    share.add(0, state.awaited);
    return failing_ratio(share, state.failing_habit);
}

double Detector::fan_out(const State& state) const {
    const Model& m = options_.model;
    if (state.strangers.run <= 0) return 0;
    const double llr = beyond(state.strangers.run, state.strangers.habit, m.fan_out_slack, m.fan_out_exponent,
                              m.fan_out_kappa);
    return std::min(shown_with(fan_out_shown, llr), m.fan_out_cap);
}

double Detector::volume(const State& state) const {
    const Model& m = options_.model;
    const double usual = std::max(state.season.usual(Season::hour_of(state.last)),
                                  off_hours * static_cast<double>(state.volume_habit));
    const auto ratio = [&](double messages) {
        return std::exp(beyond(messages, usual, m.volume_slack, m.volume_exponent, m.volume_kappa));
    };
    // Which of them an offender has much of is not known: the mean of likelihood ratios is one.
    double sum = ratio(state.volume);
    for (const Amount what : all_amounts)
        sum += ratio(state.amounts.in_messages(what));
    return std::clamp(std::log(sum / (1 + all_amounts.size())), 0.0, m.volume_cap);
}

double Detector::trait_ratio(const State& state, const Trait& trait) const {
    if (trait.run.empty()) return 0;
    const Model& m = options_.model;
    const double days = std::chrono::duration<double, std::ratio<86400>>(state.last - state.born).count();
    const double known = static_cast<double>(trait.habit.trials) + std::clamp(days, 0.0, 30.0);
    const double strength = 1 + (m.new_good_strength - 1) * known / (known + 8);
    const double usual = share_of(trait.habit, m.new_good, m.new_good_prior);
    // One new name is a new device, whatever the share.
    const double by_share = std::min(log_likelihood(trait.run, Law(m.new_bad_yes, m.new_bad_no)) -
                                         log_likelihood(trait.run, Law::around(usual, strength)),
                                     m.first_new + m.each_new * std::max(trait.run.hits - 1, 0.f));
    // A share tells within three messages; a number goes on telling when the share is not extreme.
    const double slack = 1 + m.new_slack / (1 + known);
    const double by_number = std::min(
        beyond(trait.run.hits, trait.busiest, slack, m.new_number_exponent, m.new_number_kappa), m.new_number_cap);
    return shown_with(m.new_shown, mixture(0.5, by_share, by_number));
}

double Detector::spread(const State& state) const {
    std::array<double, 3> ratios{trait_ratio(state, state.senders), trait_ratio(state, state.helos),
                                 trait_ratio(state, state.networks)};
    std::sort(ratios.begin(), ratios.end(), std::greater<>());
    return ratios[0] + options_.model.second_trait * std::max(ratios[1], 0.0);
}

double Detector::bounces(const State& state) const {
    const Model& m = options_.model;
    if (state.bounces.run <= 0) return 0;
    return std::max(beyond(state.bounces.run, state.bounces.habit, m.null_slack, m.null_exponent, m.null_kappa),
                    0.0);
}

double Detector::logins(const State& state) const {
    const Model& m = options_.model;
    if (state.logins.run <= 0) return 0;
    return std::clamp(beyond(state.logins.run, state.logins.habit, m.logins_slack, m.logins_exponent, m.logins_kappa), 0.0,
                      m.logins_cap);
}

Detector::Scores Detector::scores(const State& state, const Campaigns* campaigns, std::uint64_t who) const {
    Scores by_kind{};
    const auto set = [&](Kind kind, auto value) {
        const auto i = static_cast<std::size_t>(kind);
        if (!options_.leaves_out[i]) by_kind[i] = value();
    };
    set(Kind::content, [&] {
        const double llr = content(state);
        return campaigns && !campaigns->is_scanned() ? std::max(llr, 0.0) : llr;
    });
    set(Kind::failing_recipients, [&] { return failing(state); });
    set(Kind::fan_out, [&] { return fan_out(state); });
    set(Kind::volume, [&] { return volume(state); });
    set(Kind::spread, [&] { return spread(state); });
    set(Kind::null_sender, [&] { return bounces(state); });
    set(Kind::login_failures, [&] { return logins(state); });
    if (campaigns) set(Kind::campaign, [&] { return company(state, *campaigns, who).llr; });
    // Much mail and many strangers are one surprise seen twice: the stronger counts.
    auto& wide = by_kind[static_cast<std::size_t>(Kind::fan_out)];
    auto& much = by_kind[static_cast<std::size_t>(Kind::volume)];
    if (much > 0) (wide >= much ? much : wide) = 0;
    return by_kind;
}

} // namespace lazaret::detect
