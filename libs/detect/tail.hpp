#pragma once
// How surprising a count is, and what share is usual: shared by the kinds of evidence.

#include "detect/share.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {

/// p-value of an honest day of `count` where `usual` is usual, as a likelihood ratio (a calibrator of p-values).
inline double beyond(double count, double usual, double slack, double exponent, double kappa) {
    const double minus_log_p = exponent * std::log1p(std::max(count, 0.0) / (slack + std::max(usual, 0.0)));
    return std::log(kappa) + (1 - kappa) * minus_log_p;
}

inline double share_of(const Share& habit, double prior, double worth) {
    return (prior * worth + habit.hits) / (worth + habit.trials);
}

} // namespace lazaret::detect
