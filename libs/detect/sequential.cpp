#include "detect/sequential.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {

double tail(double height, std::size_t count) {
    double term = 1, sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += term;
        term *= height / static_cast<double>(i + 1);
    }
    return std::exp(-height) * sum;
}

double threshold_for(double false_alarms_per_year) {
    const double wanted = std::clamp(false_alarms_per_year, 1e-9, 100.0) / looks_per_year;
    double low = 0, high = 100; // tail() falls with height: bisect
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (tail(middle, kinds) > wanted ? low : high) = middle;
    }
    return high;
}

double cap_of(Kind kind) {
    switch (kind) {
    case Kind::content: return 0.8;
    case Kind::failing_recipients: return 1.25;
    case Kind::volume: return 0.3;
    }
    return 0;
}

void Tally::forget(Duration passed, Duration half_life) {
    if (llr <= 0 || passed <= Duration::zero()) return;
    llr *= std::exp2(-std::chrono::duration<double>(passed) / std::chrono::duration<double>(half_life));
    if (llr < 0.05) *this = Tally{};
}

void Tally::add(const Step& step, double cap) {
    llr = std::min(llr + step.llr, cap);
    if (llr <= 0) {
        *this = Tally{};
        return;
    }
    hits += std::min(step.hits, UINT32_MAX - hits);
    trials += std::min(step.trials, UINT32_MAX - trials);
}

} // namespace lazaret::detect
