#pragma once
// CRLF, as text is transferred (RFC 5322 2.1), becomes LF, as text is read.

#include <string>
#include <string_view>

namespace lazaret::mime {

/// A CR that no LF follows stays.
void normalise_line_ends(std::string& text);

/// The same of a text that stays as it is: itself where it has no CRLF, else a view into `storage`.
std::string_view with_lf(std::string_view text, std::string& storage);

} // namespace lazaret::mime
