#pragma once
// The height at which evidence convicts, from the false-alarm rate that is accepted.
//
// Each kind of evidence is a likelihood ratio between an offender and an honest subscriber, so its mean under
// honesty is at most one, and so is that of the product of kinds: by Markov's inequality an honest subscriber's
// product reaches e^h in one look with at most the chance e^-h. Evidence is forgotten with a half-life; looks four
// half-lives apart, when a sixteenth is left, are counted as new ones. The threshold is the smallest h with
// looks a year x e^-h <= the wanted rate.

#include "core/time.hpp"

namespace lazaret::detect {

double looks_per_year(Duration half_life);
/// Nats. `false_alarms_per_year` per subscriber, 1e-9 to 100.
double threshold_for(double false_alarms_per_year, Duration half_life);

} // namespace lazaret::detect
