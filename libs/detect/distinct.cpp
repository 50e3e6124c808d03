#include "detect/distinct.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lazaret::detect {
namespace {

constexpr int levels = 8, slots = 8, skipped = 4; // one in 2^(skipped + 1) is in the first level

double expected_ones(double count) {
    double sum = 0;
    for (int level = 0; level < levels; ++level) {
        const int zeros = std::min(level + 1, levels - 1); // the last level has all that is beyond it
        sum += slots * -std::expm1(-count * std::exp2(-skipped - zeros) / slots);
    }
    return sum;
}

/// The number at which so many bits are to be expected, for each number of bits.
std::array<double, levels * slots + 1> inverse() {
    std::array<double, levels * slots + 1> out{};
    for (std::size_t ones = 1; ones < out.size(); ++ones) {
        double low = 0, high = std::log(1e5);
        for (int i = 0; i < 40; ++i) {
            const double middle = (low + high) / 2;
            (expected_ones(std::exp(middle)) < static_cast<double>(ones) ? low : high) = middle;
        }
        out[ones] = std::exp(low);
    }
    return out;
}

} // namespace

double FewDistinct::estimate(std::uint64_t bits) {
    const int ones = std::min(std::popcount(bits), 62);
    return -64 * std::log1p(-ones / 64.0);
}

void ManyDistinct::add(std::uint64_t hash) {
    const int zeros = std::countr_zero(hash); // the other end of the hash than FewDistinct looks at
    if (zeros < skipped) return;
    const auto level = static_cast<unsigned>(std::min(zeros - skipped, levels - 1));
    bits_ |= std::uint64_t{1} << (level * slots + (hash >> 32) % slots);
}

double ManyDistinct::count() const {
    static const auto counts = inverse();
    return counts[static_cast<std::size_t>(std::popcount(bits_))];
}

double count_without(std::uint64_t hash, const FewDistinct& few, const ManyDistinct& many) {
    if (std::popcount(few.bits()) <= FewDistinct::good_to) return few.count_without(hash);
    return std::max(few.count(), many.count()) - 1;
}

} // namespace lazaret::detect
