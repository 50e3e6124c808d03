#include "detect/share.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

/// ln of the gamma function for x > 0, to about 1e-8: Stirling's series behind a shift. The library's writes to a
/// global variable and is several times slower.
double log_gamma(double x) {
    double shift = 1;
    for (; x < 6; x += 1)
        shift *= x;
    const double inverse = 1 / x, square = inverse * inverse;
    const double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square / 1260));
    return (x - 0.5) * std::log(x) - x + 0.91893853320467274178 + series - std::log(shift);
}

} // namespace

void Share::add(double h, double t) {
    hits += static_cast<float>(h);
    trials += static_cast<float>(t);
}

void Share::forget(double factor) {
    hits *= static_cast<float>(factor);
    trials *= static_cast<float>(factor);
    if (trials < 0.01f) *this = Share();
}

double log_likelihood(const Share& share, const Law& law) {
    const double hits = std::max(0.f, share.hits), misses = std::max(0.f, share.trials - share.hits);
    double sum = log_gamma(law.yes + law.no) - log_gamma(law.yes + law.no + hits + misses);
    if (hits > 0) sum += log_gamma(law.yes + hits) - log_gamma(law.yes);
    if (misses > 0) sum += log_gamma(law.no + misses) - log_gamma(law.no);
    return sum;
}

double shown_with(double chance, double llr) {
    return mixture(chance, llr, 0);
}

double mixture(double chance, double a, double b) {
    const double most = std::max(a, b);
    return most + std::log(chance * std::exp(a - most) + (1 - chance) * std::exp(b - most));
}

} // namespace lazaret::detect
