#pragma once
// What other servers say when they refuse mail for where it comes from or for what it looks like. Their words were written by
// strangers and are only compared with known ones (replies.hpp).

#include "core/address.hpp"
#include "detect/replies.hpp"
#include "event/event.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::detect {

struct RemoteRefusal {
    Why why = Why::none;
    std::string list;                 ///< that it names, "zen.spamhaus.org"; "" for none
    std::vector<IpAddress> addresses; ///< that it names, at most four: nearly always ours, the one it saw

    /// Whether it speaks against whoever sent the message, or our address for what was sent from it.
    bool blames() const { return why != Why::none && why != Why::unauthenticated; }
    /// Whether it may be about `zone`: it names that list, another one of the same operator, or none.
    bool may_mean(std::string_view zone) const;
    /// Likewise of an address.
    bool may_mean(const IpAddress& egress) const;
};
/// Of a delivery_result that failed or was put off; none of everything else.
RemoteRefusal read_refusal(const event::Event& result, const Replies& replies);

} // namespace lazaret::detect
