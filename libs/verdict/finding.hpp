#pragma once
// What one check found in a message.

#include "config/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::verdict {

using Mode = config::Mode; ///< enforce, warn (would have), off

struct Finding {
    std::string name; ///< of the rule; no colon
    Mode mode = Mode::warn;
    double score = 0;
    std::vector<std::string> tags; ///< names that the administrator gave the rule, for whatever goes by them

    Finding() = default;
    Finding(std::string rule, Mode how, double points) : name(std::move(rule)), mode(how), score(points) {}
    bool operator==(const Finding&) const = default;
};

std::string_view to_string(Mode mode);
/// "name:enforce:10", as in event::Event::findings.
std::string to_string(const Finding& finding);
std::vector<std::string> to_strings(const std::vector<Finding>& findings);
/// Sum over the findings whose mode is enforce.
double enforced_score(const std::vector<Finding>& findings);

} // namespace lazaret::verdict
