#pragma once
// How long a client has to wait before its next login attempt is looked at. Failures are counted for the client
// address, its network (/24, /64), the account, and for this account from this address, each with a few that are
// free; beyond these the pause doubles with each failure up to a cap. Counts halve in an hour.
//
//  - A login that succeeds takes back what this account's earlier failures from this address had added everywhere:
//    they were typing errors. It takes back nothing else, so an attacker's own account does not wash him clean.
//  - An address from which the account logged in within the last week is judged by their common failures only:
//    neither an attack on the account nor a neighbour behind the same NAT locks its owner out. A new address of the
//    same network is spared the account's pause.
//  - The same wrong password again from the same place (a telephone that nobody told) counts once.
//
// Pure, of fixed size (some 10 MB), and what does not fit is the entry that matters least. Any thread may call.

#include "auth/bounded_table.hpp"
#include "core/address.hpp"
#include "core/hash.hpp"
#include "core/time.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace lazaret::auth {

class Backoff {
  public:
    struct Attempt {
        IpAddress client;
        std::string account;  ///< lower case; "" as long as it is not known
        bool trusted = false; ///< the ISP's own machines (a webmail): many people at one address, which earns no pause

        Attempt() = default;
        Attempt(const IpAddress& address, std::string login, bool ours)
            : client(address), account(std::move(login)), trusted(ours) {}
    };

    /// `key` keeps others from choosing who shares a row. `cap` is the longest pause; zero: never any.
    Backoff(std::string key, Duration cap, std::size_t entries = 1 << 16);

    /// Zero, or how long to wait from now.
    Duration wait(const Attempt& attempt, Time now);
    /// `password`: "" where the mechanism does not show it.
    void failed(const Attempt& attempt, std::string_view password, Time now);
    void succeeded(const Attempt& attempt, Time now);

  private:
    enum Kind : std::size_t { address, network, account, pair, kinds };
    struct Count {
        std::uint64_t key = 0;
        Time last{};             ///< of the newest failure
        float level = 0;         ///< failures, as they were worth at `last`
        std::uint32_t guess = 0; ///< of the newest password, keyed
        double at(Time now) const;
    };
    struct Seen {
        std::uint64_t key = 0;
        Time last{}; ///< the account logged in from there
    };
    using Keys = std::array<std::uint64_t, kinds>; ///< 0: does not apply

    Keys keys_of(const Attempt& attempt) const;
    std::uint64_t key(char tag, std::string_view a, std::string_view b = {}) const;
    Duration pause(Kind kind, std::uint64_t key, Time now);
    bool seen(std::uint64_t key, Time now);

    const KeyedHash hash_;
    const Duration cap_;
    std::mutex mutex_;
    std::array<BoundedTable<Count>, kinds> counts_;
    BoundedTable<Seen> seen_; ///< (account, address) and (account, network)
};

} // namespace lazaret::auth
