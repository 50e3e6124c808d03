#pragma once
// XFORWARD as a server takes it: a front mail server tells whose message it is about to hand over. To be believed only
// from servers that the administrator named; parsing believes nobody.

#include "core/address.hpp"
#include "smtp/reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::smtp {

/// What is known of the client behind the front; what is not stays empty. Texts hold no control octet.
struct Forwarded {
    std::string name;                 ///< host name that the front has verified
    std::optional<IpAddress> address;
    std::uint16_t port = 0;           ///< 0 = unknown
    std::string helo;
    std::string ident;                ///< the front's queue id, where it has one already
    bool esmtp = true;                ///< PROTO
    bool local = false;               ///< SOURCE: from the front's own machine or network
    bool operator==(const Forwarded&) const = default;
};

/// Attribute names as EHLO announces them.
inline constexpr std::string_view xforward_attributes = "NAME ADDR PROTO HELO SOURCE PORT IDENT";

/// `argument` is what follows the verb: "NAME=value ADDR=value", values in xtext, "[UNAVAILABLE]" for what the front does
/// not know. Several commands add up. The reply that refuses it (501), with `into` as it was, or nullopt.
std::optional<Reply> parse_xforward(std::string_view argument, Forwarded& into);

} // namespace lazaret::smtp
