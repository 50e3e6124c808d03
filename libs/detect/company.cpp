// Campaigns: what a subscriber sends alike with others, by its text and by the names in its messages. Both are one surprise,
// and so are several names: the strongest counts.

#include "detect/detector.hpp"
#include "detect/tail.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace lazaret::detect {
namespace {

constexpr double not_yet = 0.1; // of those who take part, beside each who shows it

struct Name {
    CampaignKind kind = CampaignKind::host;
    std::uint64_t key = 0;
    bool is_habit = false; ///< it was in this subscriber's messages before there was anything to suspect
};

/// The names in a message.
class Names {
  public:
    static constexpr std::size_t most = event::most_uri_hosts + 2;

    Names(const State& state, const event::Event& event) {
        for (const auto host : event.uri_hosts)
            if (count_ < event::most_uri_hosts) add(CampaignKind::host, host, false);
        const auto helo = hash_of(event.helo);
        add(CampaignKind::helo, helo, state.helos.is_habit(helo));
        add(CampaignKind::agent, event.agent_hash, false);
    }
    const Name* begin() const { return names_.data(); }
    const Name* end() const { return names_.data() + count_; }

  private:
    void add(CampaignKind kind, std::uint64_t hash, bool is_habit) {
        if (hash == 0) return;
        Name& name = names_[count_++];
        name.kind = kind;
        name.key = campaign_key(kind, hash);
        name.is_habit = is_habit;
    }
    std::array<Name, most> names_;
    std::size_t count_ = 0;
};

} // namespace

double Detector::by_text(const State& state, const Campaign& campaign, std::uint64_t who) const {
    const Model& m = options_.model;
    const Text& text = state.texts.latest();
    const double others = campaign.spreaders().count_without(who);
    if (others < 0.5) return 0;
    double llr = beyond(others, 0, 1, m.spreaders_exponent, m.spreaders_kappa);
    llr += m.convicted_weight * std::log1p(campaign.convicted().count_without(who));
    Share failed = campaign.failed();
    failed.hits = std::max(0.f, failed.hits - text.failed);
    failed.trials = std::max(failed.hits, failed.trials - text.results);
    return llr + std::max(failing_ratio(failed, Share()), 0.0); // its absence counts against each sender already
}

double Detector::by_name(const Campaign& campaign, const Campaigns& campaigns, std::uint64_t who) const {
    const Model& m = options_.model;
    if (!campaign.spreaders().may_have(who)) return 0;
    const double others = campaign.spreaders_without(who);
    if (others < 0.5) return 0;
    const Share spread(others, std::max(others, campaign.senders_without(who)));
    Share elsewhere = campaigns.everybody();
    elsewhere.hits = std::max(0.f, elsewhere.hits - spread.hits - 1);
    elsewhere.trials = std::max(elsewhere.hits, elsewhere.trials - spread.trials - 1);
    const double usual = share_of(elsewhere, m.spreading_good, m.spreading_good_prior);
    // This one is a spreader already: what is to be expected of the others is so given that.
    const double strength = m.spreading_good_strength;
    const double by_share = log_likelihood(spread, Law(m.spreading_bad_yes + 1, m.spreading_bad_no)) -
                            log_likelihood(spread, Law(usual * strength + 1, (1 - usual) * strength));
    if (by_share <= 0) return 0; // others use it, too
    // However few others use it: people do the same for reasons that they have in common, as with a text.
    const double by_number = beyond(others, 0, 1, m.spreaders_exponent, m.spreaders_kappa);
    // The strongest of several names is looked at, which is stronger than one that was chosen beforehand.
    double llr = std::min(by_share, by_number) - std::log(static_cast<double>(Names::most));
    if (llr <= 0) return 0;
    llr += m.convicted_weight * std::log1p(campaign.convicted().count_without(who));
    // Beside those who take part without showing it yet some use it and spread nothing, and so may an honest one who does:
    // whatever the others are, its message is no more than that much likelier from one of them.
    const double quiet = std::max(spread.trials - (1 + not_yet) * spread.hits, 0.0);
    const Share harmless(quiet, quiet + elsewhere.trials - elsewhere.hits);
    return std::clamp(llr, 0.0, -std::log(share_of(harmless, m.name_usual, m.name_usual_prior)));
}

Detector::Company Detector::company(const State& state, const Campaigns& campaigns, std::uint64_t who) const {
    const Model& m = options_.model;
    const Text& text = state.texts.latest();
    Company text_of, name_of;
    if (text.strangers >= m.spreads_from && text.sent >= 1.5f) text_of.campaign = campaigns.find(text.fingerprint);
    if (text_of.campaign) text_of.llr = by_text(state, *text_of.campaign, who);
    if (state.company != 0) name_of.campaign = campaigns.find_name(state.company);
    if (name_of.campaign) name_of.llr = by_name(*name_of.campaign, campaigns, who);
    Company stronger = name_of.llr > text_of.llr ? name_of : text_of;
    if (!is_beyond_habit(state)) stronger.llr *= m.within_habit; // perhaps its usual business
    stronger.llr = std::clamp(stronger.llr, 0.0, m.campaign_cap * threshold_);
    return stronger;
}

bool Detector::is_spreading(const State& state) const {
    return state.strangers.run >= options_.model.spreads_from && is_beyond_habit(state);
}

void Detector::take_names(State& state, const Campaigns& campaigns, Campaigns* told, const event::Event& event,
                          bool is_to_strangers) const {
    state.company = 0;
    if (event.null_sender) return; // it holds what others have written
    const bool spreads = is_to_strangers && is_spreading(state);
    const auto who = hash_of(event.subscriber);
    if (told && !std::exchange(state.is_sender_today, true)) told->count_sender(state.last);
    if (told && spreads && !std::exchange(state.is_spreader_today, true)) told->count_spreader(state.last);
    double most = -1;
    for (const Name& name : Names(state, event)) {
        if (told) {
            Campaign& met = told->meet_name(name.kind, name.key, state.last);
            // More than once: who passes something on writes one message. Who began to spread it yesterday is not used to it.
            const bool is_again = met.senders().may_have(who), has_spread = met.spreaders().may_have(who);
            told->add_sender(met, who);
            if (spreads && is_again && (has_spread || !name.is_habit)) told->add_spreader(met, who);
        }
        const Campaign* const met = spreads ? campaigns.find_name(Campaigns::half_of(name.key)) : nullptr;
        if (!met || !met->spreaders().may_have(who)) continue;
        const double llr = by_name(*met, campaigns, who);
        if (llr <= most) continue;
        most = llr;
        state.company = Campaigns::half_of(name.key);
    }
}

std::vector<std::uint64_t> Detector::spread_names(const State& state, const Campaigns& campaigns,
                                                  const event::Event& event) const {
    std::vector<std::uint64_t> keys;
    if (event.type == event::Type::delivery_result || event.null_sender || state.company == 0) return keys;
    for (const Name& name : Names(state, event)) {
        const Campaign* const met = campaigns.find_name(Campaigns::half_of(name.key));
        if (met && met->spreaders().may_have(hash_of(event.subscriber))) keys.push_back(name.key);
    }
    return keys;
}

} // namespace lazaret::detect
