#pragma once
// Text of any charset as UTF-8 (RFC 3629).

#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::mime {

/// Never fails: what is no character becomes U+FFFD. `charset` as declared; one that is unknown or "" is
/// guessed: UTF-8 where that is valid, else windows-1252. iso-8859-1 and us-ascii are read as windows-1252,
/// as browsers and mail readers do. Only charsets of a list reach iconv. The result is cut at a character, to
/// at most `most` octets.
std::string to_utf8(std::string_view octets, std::string_view charset, std::size_t most);

bool is_known_charset(std::string_view charset);

/// At most `most` octets of valid UTF-8, cut at a character.
std::string cut_utf8(std::string_view valid, std::size_t most);

/// U+FFFD for what is no scalar value.
void append_utf8(std::string& out, char32_t character);

/// Removes characters that are not seen (zero width, soft hyphen, direction marks, variation selectors) and makes no-break spaces
/// plain ones, so that words are found however they are broken up. Returns how many were removed.
std::size_t remove_invisible(std::string& utf8);

} // namespace lazaret::mime
