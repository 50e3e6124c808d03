#pragma once
// Failed logins as events, without a flood of them (core/coalesced.hpp): told apart by client, account and reason.

#include "core/address.hpp"
#include "core/coalesced.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace lazaret::auth {

class FailureReports {
  public:
    struct Count {
        IpAddress client;     ///< of one attempt; unspecified where there were more than could be told apart
        std::string account;  ///< "" likewise
        std::string listener; ///< of one attempt
        std::string reason;   ///< "" for a wrong password
        std::uint32_t attempts = 0;

        Count() = default;
        Count(const IpAddress& address, std::string login, std::string port, std::string why)
            : client(address), account(std::move(login)), listener(std::move(port)), reason(std::move(why)) {}
    };

    /// True: report this attempt as it is. False: it is counted.
    bool add(const IpAddress& client, const std::string& account, const std::string& listener, const std::string& reason, Time now);
    /// What was counted since the last call that gave something; call every second or so. `all`: although the minute is not over.
    std::vector<Count> due(Time now, bool all = false);

  private:
    Coalesced<std::tuple<std::string, IpAddress, std::string>, Count> minutes_; ///< by reason, client_key() and account
};

} // namespace lazaret::auth
