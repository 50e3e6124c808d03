#include "detect/season.hpp"

#include <algorithm>
#include <cmath>

namespace lazaret::detect {

std::size_t Season::hour_of(Time at) {
    using std::chrono::floor;
    const auto since_1970 = floor<std::chrono::hours>(at).time_since_epoch().count();
    const auto hour = (since_1970 + 3 * 24) % static_cast<std::int64_t>(hours); // 1970 began on a Thursday
    return static_cast<std::size_t>(hour < 0 ? hour + static_cast<std::int64_t>(hours) : hour);
}

unsigned Season::level(std::size_t hour) const {
    return levels_[hour / 2] >> (hour % 2 * 4) & 15;
}

void Season::set(std::size_t hour, unsigned level) {
    auto& byte = levels_[hour / 2];
    const unsigned shift = hour % 2 * 4;
    byte = static_cast<std::uint8_t>((byte & ~(15u << shift)) | level << shift);
}

void Season::learn(std::size_t hour, double count) {
    const unsigned now = level(hour);
    const auto seen = static_cast<unsigned>(std::clamp(std::ceil(std::log2(1 + count)), 0.0, 15.0));
    if (seen > now) set(hour, std::min(now + (now == 0 ? 2 : 1), seen)); // the first time may count double
    if (seen < now) set(hour, now - 1);
}

double Season::usual(std::size_t hour) const {
    const unsigned most =
        std::max({level(hour), level((hour + 1) % hours), level((hour + hours - 1) % hours)});
    return std::exp2(most) - 1;
}

double Season::busiest() const {
    unsigned most = 0;
    for (std::size_t hour = 0; hour < hours; ++hour)
        most = std::max(most, level(hour));
    return std::exp2(most) - 1;
}

} // namespace lazaret::detect
