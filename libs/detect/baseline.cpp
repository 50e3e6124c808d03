#include "detect/baseline.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace lazaret::detect {
namespace {

// People and their programs send in bursts: the variance of an hour's count is about three times its mean.
constexpr double dispersion = 3;
constexpr double longest_memory = 200; // active hours
constexpr double seconds_of_recent = 3600;

} // namespace

Profile profile_of(subscriber::Class klass) {
    switch (klass) {
    case subscriber::Class::dynamic: return Profile(4, 8);
    case subscriber::Class::fixed: return Profile(10, 25);
    case subscriber::Class::business: return Profile(60, 150);
    case subscriber::Class::trusted: return Profile(300, 800);
    }
    return Profile();
}

void Baseline::advance(Time from, Time at, bool is_trusted) {
    using std::chrono::floor;
    using std::chrono::hours;
    if (floor<hours>(from) != floor<hours>(at)) {
        if (is_trusted && in_hour_ > 0) close_hour();
        in_hour_ = 0;
    }
    const double seconds = std::chrono::duration<double>(at - from).count();
    recent_ *= std::exp(-seconds / seconds_of_recent);
    if (recent_ < 1e-6) recent_ = 0;
}

void Baseline::close_hour() {
    const double most = level_ + 3 * std::sqrt(dispersion * std::max(level_, 1.0));
    level_ += (std::min(in_hour_, most) - level_) / (weight_ + 1);
    level_ = std::max(level_, 1.0);
    weight_ = std::min(weight_ + 1, longest_memory);
}

void Baseline::add(double count) {
    recent_ += count;
    in_hour_ += count;
}

double Baseline::surprise() const {
    if (recent_ <= level_) return 0;
    return (recent_ * std::log(recent_ / level_) - recent_ + level_) / dispersion;
}

nlohmann::json Baseline::to_json() const {
    auto rounded = [](double value) { return std::round(value * 1e4) / 1e4; };
    return nlohmann::json::array({rounded(level_), weight_, rounded(recent_), in_hour_});
}

Baseline Baseline::from_json(const nlohmann::json& json) {
    Baseline result;
    result.level_ = std::max(json.at(0).get<double>(), 1.0);
    result.weight_ = std::clamp(json.at(1).get<double>(), 1.0, longest_memory);
    result.recent_ = std::max(json.at(2).get<double>(), 0.0);
    result.in_hour_ = std::max(json.at(3).get<double>(), 0.0);
    return result;
}

} // namespace lazaret::detect
