#pragma once
// The grammar of Path in MAIL and RCPT (RFC 5321 4.1.2, RFC 6531 3.3), apart from what a session permits.

#include "smtp/envelope.hpp"

#include <optional>
#include <string_view>

namespace lazaret::smtp {

/// Takes "<...>" off the front of `text`. A source route is read and dropped (RFC 5321 appendix F.2). "<>"
/// gives the null path, "<postmaster>" a path without a domain. UTF-8 passes where RFC 6531 lets it; whether
/// it may is the caller's question. nullopt where the syntax is wrong or a length is over RFC 5321 4.5.3.1:
/// local part 64, domain 255, path 256 octets.
std::optional<Path> parse_path(std::string_view& text);

/// A domain with a dot, or an address literal.
bool is_fqdn(std::string_view domain);

} // namespace lazaret::smtp
