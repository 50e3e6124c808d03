#pragma once
// The keys of a [[content_policy]] table, as data: the loader, the example file and the reference walk this table.

#include "config/config.hpp"
#include "config/rules.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::config {

inline constexpr std::string_view policy_table = "content_policy";
inline constexpr std::string_view policy_sentence =
    "Other thresholds and modes for a class of networks, a plan, or a plan within a class. Tables may stand "
    "any number of times; the first that fits a message counts, and what it does not set is as for all mail.";

struct PolicyKey {
    std::string name, sentence, unit, range;
    std::string sample; ///< TOML literal for the example file
    /// Stores what was found; where it does not fit, returns "found X, expected Y" and changes nothing.
    std::function<std::optional<std::string>(ContentPolicy&, const Found&)> read;
};

const std::vector<PolicyKey>& policy_keys();
const PolicyKey* find_policy_key(std::string_view name);

} // namespace lazaret::config
