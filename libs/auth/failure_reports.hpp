#pragma once
// Failed logins as events, without a flood of them: of one client and account the first few of each minute are
// reported one by one, the others as one count when the minute is over. Pure and bounded. Any thread may call.

#include "core/address.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lazaret::auth {

class FailureReports {
  public:
    static constexpr std::uint32_t singly = 5;        ///< reported one by one, per minute
    static constexpr std::size_t most_keys = 10'000;  ///< clients and accounts told apart; others share one count

    struct Count {
        IpAddress client;     ///< of one attempt; unspecified where there were more than could be told apart
        std::string account;  ///< "" likewise
        std::string listener; ///< of one attempt
        std::uint32_t attempts = 0;

        Count() = default;
        Count(const IpAddress& address, std::string login, std::string port)
            : client(address), account(std::move(login)), listener(std::move(port)) {}
    };

    /// True: report this attempt as it is. False: it is counted.
    bool add(const IpAddress& client, const std::string& account, const std::string& listener, Time now);
    /// What was counted since the last call that gave something; call every second or so.
    std::vector<Count> due(Time now);

  private:
    struct Minute {
        std::uint32_t reported = 0;
        Count counted;
    };
    std::mutex mutex_;
    Time begun_{};
    std::map<std::pair<IpAddress, std::string>, Minute> minutes_; ///< by client_key() and account
};

} // namespace lazaret::auth
