#pragma once
// One judgement out of all findings. Pure.

#include "scan/daemons.hpp"
#include "scan/policy.hpp"
#include "verdict/verdict.hpp"

#include <string>
#include <vector>

namespace lazaret::scan {

/// Of a virus: beyond every threshold that can be set.
inline constexpr double virus_score = 1000;
/// Symbols of a scanner that stand beside its total, those with the largest scores.
inline constexpr std::size_t max_symbols = 10;

struct Judgement {
    verdict::Verdict::Kind kind = verdict::Verdict::Kind::accept;
    bool tag = false, divert = false; ///< of what is accepted
    bool is_virus = false;            ///< of what is refused or discarded
    bool is_unjudged = false;         ///< of what is accepted: a scanner that counts has failed, and may be away
    /// Of what is refused or discarded the heaviest enforced finding; of what is deferred, which never is for what the message
    /// is, the scanner that has not judged it ("scan_failed.clamav") or asks to (its name).
    std::string reason;
    double score = 0;   ///< sum of the enforced findings
    /// As events have them. Of a scanner with a total that total, weighted, by the scanner's own name; its symbols stand beside
    /// it with a score of 0, so that nothing counts twice. "scan_failed.NAME" and "scan_skipped.NAME" tell of scanners without
    /// a judgement.
    std::vector<verdict::Finding> findings;

    Judgement() = default; // travels through coroutines: no aggregate
};

/// `local`: of the checks in this process, in their own modes.
Judgement judge(std::vector<verdict::Finding> local, const std::vector<Look>& looks, const Policy& policy);

} // namespace lazaret::scan
