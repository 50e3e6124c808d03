#pragma once
// Where addresses stand in running text, read as generously as somebody who means to hide them must. Pure.

#include <cstddef>
#include <optional>
#include <string_view>

namespace lazaret::mime {

/// The '@' of an address: as itself, percent-encoded, or in one of its wide forms.
struct AtSign {
    std::size_t at, length;
};
std::optional<AtSign> next_at_sign(std::string_view text, std::size_t from);
/// The length of the one that stands at `at`, or 0.
std::size_t at_sign_length(std::string_view text, std::size_t at);

/// Where the local part in front of an '@' at `at` begins, not before `low`: quoted strings, comments and white space in front
/// of the sign are part of it (RFC 5322 4.4), and so is whatever else is not white space or one of <>()[],;:". At a character's
/// first octet; `at` where there is none.
std::size_t local_begin(std::string_view text, std::size_t low, std::size_t at);
/// As far as local_begin() looks back.
inline constexpr std::size_t longest_local = 512;

/// Where the domain that begins at `at` ends; `at` where there is none.
std::size_t domain_end(std::string_view text, std::size_t at);

/// Its first `most` octets or fewer: nothing is left of a word, or of a local part, that goes on behind.
std::string_view whole_words(std::string_view text, std::size_t most);

} // namespace lazaret::mime
