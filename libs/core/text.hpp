#pragma once
// Bytes and text: ASCII only where SMTP says ASCII, never the locale.

#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret {

constexpr bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool ascii_is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool ascii_is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool ascii_is_alpha(char c) { return ascii_is_lower(c) || ascii_is_upper(c); }
constexpr bool ascii_is_alnum(char c) { return ascii_is_alpha(c) || ascii_is_digit(c); }
char ascii_lower(char c);
bool ascii_iequals(std::string_view a, std::string_view b);
bool ascii_istarts_with(std::string_view text, std::string_view prefix);
std::string ascii_lowercase(std::string_view text);
std::string_view trim(std::string_view text); ///< spaces, tabs, CR and LF at both ends
/// Pieces between the separators; empty pieces are kept; "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Decimal digits only, no sign, no space; nullopt also on overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

std::string base64_encode(std::string_view bytes);
/// Strict RFC 4648 alphabet and padding; anything else is an error.
Result<std::string> base64_decode(std::string_view text);
std::string hex_encode(std::string_view bytes); ///< lower case
std::optional<std::string> hex_decode(std::string_view text);

/// RFC 3461 section 4 xtext: everything outside '!'..'~', and '+' and '=', becomes "+XX".
std::string xtext_encode(std::string_view text);
std::optional<std::string> xtext_decode(std::string_view text);

bool is_valid_utf8(std::string_view text);
bool is_ascii(std::string_view text);
/// Control octets replaced by '?', cut to `limit` octets on a UTF-8 boundary: for logs and replies.
std::string printable(std::string_view text, std::size_t limit = 200);

} // namespace lazaret
