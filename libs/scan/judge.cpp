#include "scan/judge.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace lazaret::scan {

namespace {

using Kind = verdict::Verdict::Kind;
using config::Mode;

double rounded(double score) {
    return std::round(score * 100) / 100;
}

/// A total below zero does not excuse what others have found.
double points(const Look& look, const Policy& policy) {
    const double weighted = rounded(std::max(look.outcome.score, 0.0) * look.weight);
    return look.outcome.wish == Wish::reject ? std::max(weighted, policy.reject_score) : weighted;
}

void add_malware(std::vector<verdict::Finding>& findings, const Look& look) {
    double score = look.outcome.wish == Wish::virus ? virus_score : look.suspicion_score;
    for (const auto& found : look.outcome.findings) {
        findings.emplace_back(found.name, look.mode, score);
        score = 0;
    }
}

void add_symbols(std::vector<verdict::Finding>& findings, const Look& look) {
    auto symbols = look.outcome.findings;
    std::stable_sort(symbols.begin(), symbols.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    symbols.resize(std::min(symbols.size(), max_symbols));
    for (auto& symbol : symbols)
        findings.emplace_back(std::move(symbol.name), look.mode, 0);
}

void add(std::vector<verdict::Finding>& findings, const Look& look, const Policy& policy) {
    const auto& outcome = look.outcome;
    const std::string name(look.scanner);
    switch (outcome.state) {
    case Outcome::State::failed: findings.emplace_back("scan_failed." + name, look.mode, 0); return;
    case Outcome::State::skipped: findings.emplace_back("scan_skipped." + name, look.mode, 0); return;
    case Outcome::State::clean:
    case Outcome::State::found: break;
    }
    if (outcome.wish == Wish::virus || outcome.wish == Wish::suspicion) return add_malware(findings, look);
    const double score = points(look, policy);
    if (score > 0 || outcome.state == Outcome::State::found) findings.emplace_back(name, look.mode, score);
    if (outcome.state == Outcome::State::found) add_symbols(findings, look);
}

/// What the administrator says of a finding, in the policy rather than for all mail.
const config::FindingMode* said_of(std::string_view finding, const Policy& policy) {
    for (const auto* list : {policy.special, policy.usual}) {
        const config::FindingMode* longest = nullptr;
        if (!list) continue;
        for (const auto& each : *list) {
            const bool fits = finding.starts_with(each.name) && (finding.size() == each.name.size() || finding[each.name.size()] == '.');
            if (fits && (!longest || each.name.size() > longest->name.size())) longest = &each;
        }
        if (longest) return longest;
    }
    return nullptr;
}

std::string heaviest(const std::vector<verdict::Finding>& findings) {
    const verdict::Finding* most = nullptr;
    for (const auto& finding : findings)
        if (finding.mode == Mode::enforce && (!most || finding.score > most->score)) most = &finding;
    return most ? most->name : std::string();
}

/// Why the message has to wait, or "".
std::string reason_to_wait(const std::vector<Look>& looks) {
    for (const auto& look : looks) {
        if (look.mode != Mode::enforce) continue;
        const auto& outcome = look.outcome;
        if (outcome.state == Outcome::State::failed && look.away == config::Away::defer)
            return "scan_failed." + std::string(look.scanner);
        if (outcome.wish == Wish::defer) return std::string(look.scanner);
    }
    return {};
}

bool has_failed(const Look& look) {
    return look.mode == Mode::enforce && look.outcome.state == Outcome::State::failed;
}

bool is_virus(const Look& look) {
    return look.mode == Mode::enforce && look.outcome.wish == Wish::virus;
}

} // namespace

Judgement judge(std::vector<verdict::Finding> local, const std::vector<Look>& looks, const Policy& policy) {
    Judgement out;
    auto& findings = out.findings = std::move(local);
    for (auto& finding : findings) {
        if (const auto* said = said_of(finding.name, policy)) {
            finding.mode = said->mode;
            finding.score = said->score.value_or(finding.score);
        }
        finding.mode = milder(finding.mode, policy.mode);
    }
    std::erase_if(findings, [](const auto& finding) { return finding.mode == Mode::off; });
    for (const auto& look : looks)
        add(findings, look, policy);
    out.score = rounded(verdict::enforced_score(findings));

    if (std::any_of(looks.begin(), looks.end(), is_virus)) {
        out.kind = policy.virus == config::Virus::discard ? Kind::discard : Kind::refuse;
        out.is_virus = true;
        out.reason = heaviest(findings);
    } else if (out.score >= policy.reject_score) {
        out.kind = Kind::refuse;
        out.reason = heaviest(findings);
    } else if (auto reason = reason_to_wait(looks); !reason.empty()) {
        out.kind = Kind::defer;
        out.reason = std::move(reason);
    } else {
        out.divert = policy.divert_score > 0 && out.score >= policy.divert_score;
        out.tag = policy.tag_score > 0 && out.score >= policy.tag_score;
        out.is_unjudged = std::any_of(looks.begin(), looks.end(), has_failed);
    }
    return out;
}

} // namespace lazaret::scan
