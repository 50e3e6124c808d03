#include "detect/cause.hpp"

#include <algorithm>

namespace lazaret::detect {
namespace {

constexpr float few_strangers = 0.2f; // for each message

double weight(const std::vector<Contribution>& evidence, Kind kind) {
    for (const auto& one : evidence)
        if (one.kind == kind) return std::max(one.llr, 0.0);
    return 0;
}

} // namespace

std::string cause_of(const std::vector<Contribution>& evidence, const State& state) {
    const double bounces = weight(evidence, Kind::null_sender), spread = weight(evidence, Kind::spread);
    const double campaign = weight(evidence, Kind::campaign), content = weight(evidence, Kind::content);
    const double fan_out = weight(evidence, Kind::fan_out);
    if (bounces > 1 && bounces >= spread && bounces >= fan_out) return "backscatter";
    if (spread > 1 && state.networks.run.hits >= 2 && state.networks.run.hits > state.senders.run.hits)
        return "stolen_account";
    if (campaign > std::max(spread, content)) return "campaign";
    const Text& text = state.texts.latest();
    if (spread < 1 && state.rule_name().empty() && text.sent >= 10 && text.strangers <= few_strangers * text.sent) return "runaway";
    if (spread < 1 && content < 1 && fan_out > 2) return "bulk";
    return "bot";
}

} // namespace lazaret::detect
