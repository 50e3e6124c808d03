#pragma once
// Letters beyond US-ASCII in labels of host names (RFC 3492), for labels that libidn2 refuses to encode.

#include <string>
#include <string_view>

namespace lazaret::mime {

/// Without "xn--". `utf8`: one label, valid and in lower case, of at most 1024 octets.
std::string punycode(std::string_view utf8);

} // namespace lazaret::mime
