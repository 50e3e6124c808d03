#include "submission/hourly_quota.hpp"

namespace lazaret::submission {

bool HourlyQuota::take(std::string_view key, std::uint32_t of_key, std::uint32_t in_all, Time now) {
    return hour_.with([&](Hour& hour) {
        if (now < hour.begun || now - hour.begun >= std::chrono::hours(1)) {
            hour = Hour();
            hour.begun = now;
        }
        if (hour.in_all >= in_all || of_key == 0) return false;
        auto found = hour.of_key.find(key);
        if (found == hour.of_key.end()) found = hour.of_key.emplace(std::string(key), 0).first;
        if (found->second >= of_key) return false;
        ++found->second;
        ++hour.in_all;
        return true;
    });
}

} // namespace lazaret::submission
