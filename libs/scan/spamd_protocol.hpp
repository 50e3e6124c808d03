#pragma once
// SpamAssassin's SPAMC/1.4 protocol as a client speaks it, without a socket. The command is SYMBOLS: the total, the
// threshold and the names of the rules; what each of them is worth is not told.

#include "scan/scanner.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::scan::spamd {

inline constexpr std::size_t max_reply = 64 * 1024;

/// What goes before `size` octets of message. `user`: whose preferences; "" leaves it to spamd. What spamd does not allow
/// in a name (all but [-A-Za-z0-9_]) becomes '_'.
std::string request(std::uint64_t size, std::string_view user);

/// Of all that came before the daemon closed. Line ends may be CRLF or LF, rules may stand between commas, white space
/// or both. Fails on any code but EX_OK, and on less than was announced.
Outcome parse_reply(std::string_view reply);

} // namespace lazaret::scan::spamd
