#include "programs/tally.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace lazaret::bench {

namespace {

constexpr unsigned hopeless = 100;

double seconds(Clock::duration span) {
    return std::chrono::duration<double>(span).count();
}

/// The value below which `share` of all lie; `values` is sorted.
double quantile(const std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

} // namespace

std::optional<std::uint64_t> Tally::next() {
    if ((messages_ != 0 && given_ == messages_) || failed_in_a_row_ >= hopeless || Clock::now() >= until_) return std::nullopt;
    return ++given_;
}

void Tally::acknowledged(std::uint64_t number, Clock::duration latency) {
    failed_in_a_row_ = 0;
    last_ = Clock::now();
    seen_.add(number);
    latencies_.push_back(static_cast<float>(1000 * seconds(latency)));
}

void Tally::failed(const std::string& what) {
    ++failed_in_a_row_;
    ++failures_[what];
}

nlohmann::json Tally::report() {
    std::sort(latencies_.begin(), latencies_.end());
    const double took = seconds(last_ - began_);
    return {{"messages", messages()},
            {"fingerprint", seen_.hex()},
            {"seconds", took},
            {"rate", took > 0 ? static_cast<double>(messages()) / took : 0},
            {"latency_ms", {{"p50", quantile(latencies_, 0.5)}, {"p99", quantile(latencies_, 0.99)}, {"max", quantile(latencies_, 1)}}},
            {"failures", failures_}};
}

} // namespace lazaret::bench
