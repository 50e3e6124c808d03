#pragma once
// What every outcome of a scanner keeps to, whatever the daemon said.

#include "fuzz/check.hpp"
#include "scan/scanner.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace lazaret::fuzz {

inline void check_outcome(const scan::Outcome& outcome, std::string_view prefix) {
    using State = scan::Outcome::State;
    check(outcome.findings.size() <= scan::max_findings, "findings are bounded");
    for (const auto& finding : outcome.findings) {
        check(finding.name.starts_with(prefix) && finding.name.size() <= scan::max_finding_name, "names are bounded");
        check(finding.name.find_first_of(": \t\r\n,;=\"") == finding.name.npos, "names are plain");
        check(std::isfinite(finding.score) && std::abs(finding.score) <= scan::max_score, "scores are numbers");
    }
    check(std::isfinite(outcome.score) && std::abs(outcome.score) <= scan::max_score, "the total is a number");
    check((outcome.state == State::found) == (outcome.wish != scan::Wish::none), "a wish is what is found");
    const bool verdict = outcome.state == State::clean || outcome.state == State::found;
    check(verdict == outcome.failure.empty(), "without a verdict there is a reason");
    check(!verdict || outcome.daemon == scan::Outcome::Daemon::answered, "a verdict is an answer");
    check(outcome.failure.size() < 400, "reasons are bounded");
    check(std::none_of(outcome.failure.begin(), outcome.failure.end(), [](unsigned char c) { return c < ' '; }), "reasons are printable");
}

} // namespace lazaret::fuzz
