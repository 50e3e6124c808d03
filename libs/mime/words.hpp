#pragma once
// Encoded words in header fields (RFC 2047), and the display name of an address.

#include <string>
#include <string_view>

namespace lazaret::mime {

/// An unfolded value as a reader sees it, in UTF-8: encoded words decoded, the white space between two of
/// them gone, raw octets read as by to_utf8(). Words that are broken stay as they are. Also decodes where RFC
/// 2047 5 forbids encoded words (within quotes, without space around), since mail readers do.
std::string decode_words(std::string_view value);

struct Mailbox {
    std::string name;    ///< the display name, or the comment behind a bare address; decoded, "" for none
    std::string address; ///< as written, without angle brackets
};

/// The first mailbox of an unfolded From value (RFC 5322 3.4), read as leniently as mail readers do.
Mailbox first_mailbox(std::string_view value);

} // namespace lazaret::mime
