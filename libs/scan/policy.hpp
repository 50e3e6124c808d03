#pragma once
// What holds for one message: modes and thresholds out of [content], the scanners' sections and the first
// [[content_policy]] that fits its sender.

#include "config/config.hpp"

#include <string_view>
#include <vector>

namespace lazaret::scan {

struct Policy {
    config::Mode mode;                         ///< none of the checks is stricter
    config::Mode clamav, spamassassin, rspamd; ///< that is in them already
    config::Mode dns_lists;                    ///< none of them is stricter; it is in this already
    double reject_score, divert_score, tag_score; ///< the last two: 0 is never
    config::Virus virus;
    const std::vector<config::FindingMode>* special = nullptr; ///< of the [[content_policy]], in the configuration asked about
    const std::vector<config::FindingMode>* usual = nullptr;   ///< of [content], likewise
};

/// The mode of two that does less.
config::Mode milder(config::Mode one, config::Mode other);

/// The configuration has to outlive the policy. `network_class` as subscriber::to_string() writes it.
Policy policy_for(const config::Config& config, std::string_view network_class, std::string_view plan);

} // namespace lazaret::scan
