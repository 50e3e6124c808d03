#include "auth/failure_reports.hpp"

namespace lazaret::auth {
namespace {
constexpr Duration period = std::chrono::minutes(1);
}

bool FailureReports::add(const IpAddress& client, const std::string& account, const std::string& listener, Time now) {
    const std::lock_guard lock(mutex_);
    if (minutes_.empty()) begun_ = now;
    auto key = std::make_pair(client_key(client), account);
    auto found = minutes_.find(key);
    if (found == minutes_.end() && minutes_.size() >= most_keys) {
        key = {};
        found = minutes_.find(key);
        if (found == minutes_.end()) {
            found = minutes_.try_emplace(key).first;
            found->second.reported = singly;
            found->second.counted = Count({}, {}, listener);
        }
    } else if (found == minutes_.end()) {
        found = minutes_.try_emplace(key).first;
        found->second.counted = Count(client, account, listener);
    }
    Minute& minute = found->second;
    if (minute.reported < singly) {
        ++minute.reported;
        return true;
    }
    ++minute.counted.attempts;
    return false;
}

std::vector<FailureReports::Count> FailureReports::due(Time now) {
    std::vector<Count> out;
    const std::lock_guard lock(mutex_);
    if (minutes_.empty() || (now - begun_ < period && now >= begun_)) return out;
    for (auto& [key, minute] : minutes_)
        if (minute.counted.attempts > 0) out.push_back(std::move(minute.counted));
    minutes_.clear();
    return out;
}

} // namespace lazaret::auth
