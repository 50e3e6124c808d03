#pragma once
// The sequential test: per kind a cumulative sum of log-likelihood ratios, reflected at zero and forgetting
// with a half-life; the decision is on the sum of the kinds.
//
// Why it keeps its promise: reflected at zero, the sum of one kind exceeds x under the good hypothesis with
// probability at most e^-x (E[e^llr] = 1, Lundberg's bound; forgetting and caps only lower it). The sum of k
// independent kinds therefore exceeds h with at most the tail of an Erlang law, e^-h * (1 + h + ... +
// h^(k-1)/(k-1)!). Sums an hour apart are counted as independent looks, 8766 in a year. The threshold is the
// smallest h whose tail times the looks stays below the wanted rate.

#include "core/time.hpp"
#include "detect/evidence.hpp"

#include <cstdint>

namespace lazaret::detect {

inline constexpr double looks_per_year = 8766;

/// Chance that the sum of `count` reflected sums exceeds `height` under the good hypothesis (upper bound).
double tail(double height, std::size_t count);
/// `false_alarms_per_year` per subscriber, 1e-9 to 100.
double threshold_for(double false_alarms_per_year);

/// The largest a kind's sum may become, as a share of the threshold. Content and volume cannot convict alone:
/// a rule that errs on a text errs on each copy, and a wedding invitation goes to many. Failing recipients
/// can.
double cap_of(Kind kind);

/// One kind's sum, with the counts of the run since it last was zero.
struct Tally {
    double llr = 0;
    std::uint32_t hits = 0, trials = 0;

    void forget(Duration passed, Duration half_life);
    void add(const Step& step, double cap);
    bool empty() const { return llr <= 0; }
};

} // namespace lazaret::detect
