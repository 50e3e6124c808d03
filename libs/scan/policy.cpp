#include "scan/policy.hpp"

#include <algorithm>

namespace lazaret::scan {

config::Mode milder(config::Mode one, config::Mode other) {
    static_assert(config::Mode::enforce < config::Mode::warn && config::Mode::warn < config::Mode::off);
    return std::max(one, other);
}

Policy policy_for(const config::Config& config, std::string_view network_class, std::string_view plan) {
    static const config::ContentPolicy nothing_else;
    const auto& all = config.content_policies;
    const auto found = std::find_if(all.begin(), all.end(), [&](const config::ContentPolicy& each) {
        return (!each.network_class || *each.network_class == network_class) && (!each.plan || *each.plan == plan);
    });
    const auto& special = found == all.end() ? nothing_else : *found;
    const auto& content = config.content;
    Policy policy;
    policy.mode = special.mode.value_or(content.mode);
    policy.clamav = milder(policy.mode, special.clamav.value_or(config.clamav.mode));
    policy.spamassassin = milder(policy.mode, special.spamassassin.value_or(config.spamassassin.mode));
    policy.rspamd = milder(policy.mode, special.rspamd.value_or(config.rspamd.mode));
    policy.dns_lists = milder(policy.mode, special.dns_lists.value_or(config::Mode::enforce));
    policy.reject_score = special.reject_score.value_or(content.reject_score);
    policy.divert_score = special.divert_score.value_or(content.divert_score);
    policy.tag_score = special.tag_score.value_or(content.tag_score);
    policy.virus = special.virus.value_or(content.virus);
    policy.special = &special.findings;
    policy.usual = &content.findings;
    return policy;
}

} // namespace lazaret::scan
