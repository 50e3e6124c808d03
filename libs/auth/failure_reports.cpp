#include "auth/failure_reports.hpp"

namespace lazaret::auth {

bool FailureReports::add(const IpAddress& client, const std::string& account, const std::string& listener, const std::string& reason,
                         Time now) {
    return minutes_.add({reason, client_key(client), account}, now, [&](bool is_shared) {
        return is_shared ? Count({}, {}, listener, {}) : Count(client, account, listener, reason);
    });
}

std::vector<FailureReports::Count> FailureReports::due(Time now, bool all) {
    std::vector<Count> out;
    for (auto& [count, times] : minutes_.due(now, all)) {
        count.attempts = times;
        out.push_back(std::move(count));
    }
    return out;
}

} // namespace lazaret::auth
