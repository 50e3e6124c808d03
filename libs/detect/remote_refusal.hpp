#pragma once
// What other servers say when they refuse mail for where it comes from or for what it looks like. Their words were written by
// strangers and are only compared with known ones (remote_refusal.cpp, in one table).

#include "core/address.hpp"
#include "event/event.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::detect {

struct RemoteRefusal {
    enum class Why {
        none,       ///< no such refusal
        listed,     ///< a blocklist has an address or a name of ours
        reputation, ///< the other side's own opinion of our address
        unwanted,   ///< this message looked like spam
    };
    Why why = Why::none;
    std::string list;                 ///< that it names, "zen.spamhaus.org"; "" for none
    std::vector<IpAddress> addresses; ///< that it names, at most four: nearly always ours, the one it saw

    /// Whether it may be about `zone`: it names that list, another one of the same operator, or none.
    bool may_mean(std::string_view zone) const;
    /// Likewise of an address.
    bool may_mean(const IpAddress& egress) const;
};
std::string_view to_string(RemoteRefusal::Why why);

/// Of a delivery_result that failed or was put off; none of everything else.
RemoteRefusal read_refusal(const event::Event& result);

} // namespace lazaret::detect
