#include "scan/scanner.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lazaret::scan {

std::string_view to_string(Wish wish) {
    switch (wish) {
    case Wish::none: return "none";
    case Wish::greylist: return "greylist";
    case Wish::add_header: return "add_header";
    case Wish::rewrite_subject: return "rewrite_subject";
    case Wish::spam: return "spam";
    case Wish::defer: return "defer";
    case Wish::reject: return "reject";
    case Wish::suspicion: return "suspicion";
    case Wish::virus: return "virus";
    }
    return "";
}

std::string_view to_string(Outcome::State state) {
    switch (state) {
    case Outcome::State::clean: return "clean";
    case Outcome::State::found: return "found";
    case Outcome::State::skipped: return "skipped";
    case Outcome::State::failed: return "failed";
    }
    return "";
}

Outcome Outcome::skipped(std::string_view why, Daemon daemon) {
    Outcome outcome = failed(why, daemon);
    outcome.state = State::skipped;
    return outcome;
}

Outcome Outcome::failed(std::string_view why, Daemon daemon) {
    Outcome outcome;
    outcome.daemon = daemon;
    outcome.failure = printable(why);
    return outcome;
}

std::string finding_name(std::string_view scanner, std::string_view symbol) {
    std::string name(scanner);
    name += '.';
    name += symbol.substr(0, max_finding_name - std::min(name.size(), max_finding_name));
    for (char& c : name) {
        const bool plain = ascii_is_alnum(c);
        if (!plain && c != '.' && c != '-' && c != '_') c = '_';
    }
    return name;
}

double bounded_score(double score) {
    return std::isfinite(score) ? std::clamp(score, -max_score, max_score) : 0;
}

void add_finding(std::vector<verdict::Finding>& findings, std::string name, double score) {
    verdict::Finding added(std::move(name), verdict::Mode::warn, bounded_score(score));
    if (findings.size() < max_findings) {
        findings.push_back(std::move(added));
        return;
    }
    const auto effect = [](const verdict::Finding& finding) { return std::abs(finding.score); };
    const auto least = std::min_element(findings.begin(), findings.end(),
                                        [&](const auto& a, const auto& b) { return effect(a) < effect(b); });
    if (effect(*least) < effect(added)) *least = std::move(added);
}

} // namespace lazaret::scan
