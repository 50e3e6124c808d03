#pragma once
// Which sessions an operator means: all that is given has to fit.

#include "core/address.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace lazaret::submission {

/// What a session can be chosen by. Views into the session: for the moment of the question.
struct SessionName {
    std::uint64_t id = 0;
    IpAddress client;
    const std::string& account;    ///< "" before AUTH
    const std::string& subscriber; ///< "" while unknown
    IpAddress peer = {};           ///< who is connected: the front that forwards the client, or the client itself
};

struct Selection {
    std::optional<std::uint64_t> id;
    std::optional<Cidr> network;
    std::string account, subscriber; ///< "" = any

    bool empty() const { return !id && !network && account.empty() && subscriber.empty(); }
    bool matches(const SessionName& who) const {
        return (!id || *id == who.id) && (!network || network->contains(who.client) || network->contains(who.peer)) &&
               (account.empty() || account == who.account) && (subscriber.empty() || subscriber == who.subscriber);
    }
};

} // namespace lazaret::submission
