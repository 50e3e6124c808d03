#pragma once
// What strangers wrote, made fit for a terminal.

#include <string>
#include <string_view>

namespace lazaret::cli {

/// UTF-8 that only shows letters: control characters (C0, DEL, C1), what turns the direction of writing or is invisible, and
/// octets that are no UTF-8 become "\xNN".
std::string for_terminal(std::string_view text);

} // namespace lazaret::cli
