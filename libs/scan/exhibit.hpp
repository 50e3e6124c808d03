#pragma once
// The exhibit of a message: what is kept of it for the ticket and the abuse desk.

#include "event/exhibit.hpp"
#include "scan/reading.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

/// Octets of an exhibit's header and excerpt.
inline constexpr std::size_t longest_exhibit_header = 6 * 1024, longest_excerpt = 1024;

/// `octets`: what the reading reads, of which `original` at most are kept as they are. `recipients`: of the envelope, whose names
/// are hidden.
event::Exhibit make_exhibit(Reading& reading, std::string_view octets, const std::vector<std::string>& recipients,
                            std::uint64_t original);

} // namespace lazaret::scan
