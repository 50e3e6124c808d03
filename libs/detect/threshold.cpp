#include "detect/threshold.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {

double looks_per_year(Duration half_life) {
    using std::chrono::hours;
    const Duration apart = std::max<Duration>(4 * half_life, hours(1));
    return std::chrono::duration<double>(hours(8766)) / std::chrono::duration<double>(apart);
}

double threshold_for(double false_alarms_per_year, Duration half_life) {
    return std::log(looks_per_year(half_life) / std::clamp(false_alarms_per_year, 1e-9, 100.0));
}

} // namespace lazaret::detect
