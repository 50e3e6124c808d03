#pragma once
// Most mail of people is text and nothing else. Such a message needs no taking apart.

#include "mime/limits.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::mime {

/// What a header says of a body that is text alone.
struct Plain {
    bool is_ascii = false; ///< nothing has to be converted but line ends
    std::string charset;
};

/// nullopt for a message with MIME structure, a transfer encoding, markup or a file name, which read() has to take apart.
/// `header`: the section with CRLF or LF line ends. Looks at the octets, copies nothing.
std::optional<Plain> plain(std::string_view header, std::string_view body, const Limits& limits = {});

/// The text of such a message as read() would show it: UTF-8, line ends as LF, without the characters that are not seen.
/// A view into `body` or `storage`.
std::string_view plain_text(const Plain& plain, std::string_view body, std::string& storage, const Limits& limits = {});

} // namespace lazaret::mime
