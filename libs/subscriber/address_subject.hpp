#pragma once
// A client whose network names no subscriber counts for itself, under an id made of its address.

#include "core/address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::subscriber {

/// The id: "addr:192.0.2.1" for one v4 address, "addr:2001:db8::/64" for all of a v6 /64.
std::string address_subject(const IpAddress& address);

/// What such an id stands for; a single v6 address stands for its /64. nullopt where it is no such id.
std::optional<Cidr> parse_address_subject(std::string_view id);

} // namespace lazaret::subscriber
