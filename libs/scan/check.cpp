#include "scan/check.hpp"

#include "scan/scanner.hpp"

#include <algorithm>

namespace lazaret::scan {

void report(std::vector<verdict::Finding>& findings, const Check& check, std::string name) {
    if (!check.is_on() || findings.size() >= max_findings) return;
    const bool is_known = std::any_of(findings.begin(), findings.end(), [&](const auto& each) { return each.name == name; });
    if (!is_known) findings.emplace_back(std::move(name), check.mode, check.score);
}

} // namespace lazaret::scan
