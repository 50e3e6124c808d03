#include "verdict/finding.hpp"

#include <array>
#include <charconv>

namespace lazaret::verdict {

std::string_view to_string(Mode mode) {
    switch (mode) {
    case Mode::enforce: return "enforce";
    case Mode::warn: return "warn";
    case Mode::off: break;
    }
    return "off";
}

std::string to_string(const Finding& finding) {
    std::string out = finding.name;
    out += ':';
    out += to_string(finding.mode);
    out += ':';
    std::array<char, 32> digits; // the shortest spelling of any double has at most 24
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), finding.score).ptr;
    out.append(digits.data(), end);
    return out;
}

std::vector<std::string> to_strings(const std::vector<Finding>& findings) {
    std::vector<std::string> out;
    out.reserve(findings.size());
    for (const Finding& finding : findings)
        out.push_back(to_string(finding));
    return out;
}

double enforced_score(const std::vector<Finding>& findings) {
    double sum = 0;
    for (const Finding& finding : findings)
        if (finding.mode == Mode::enforce) sum += finding.score;
    return sum;
}

} // namespace lazaret::verdict
