#pragma once
// What the administrator wants of one check of content: whether it counts, and how much.

#include "verdict/finding.hpp"

#include <string>
#include <vector>

namespace lazaret::scan {

struct Check {
    verdict::Mode mode = verdict::Mode::warn;
    double score = 0;

    Check() = default;
    Check(verdict::Mode how, double points) : mode(how), score(points) {}
    bool is_on() const { return mode != verdict::Mode::off; }
};

/// Nothing where the check is off, or a finding of that name is there already; beyond max_findings (scan/scanner.hpp)
/// nothing is added.
void report(std::vector<verdict::Finding>& findings, const Check& check, std::string name);

} // namespace lazaret::scan
