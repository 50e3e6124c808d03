#pragma once
// Field values with parameters: Content-Type (RFC 2045 5.1) and Content-Disposition (RFC 2183), with the
// continuations and charsets of RFC 2231 and the encoded words that RFC 2047 forbids there and mail is full
// of.

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::mime {

struct Parameter {
    std::string name;  ///< lower case, without the marks of RFC 2231
    std::string value; ///< UTF-8
};

struct ParameterisedValue {
    std::string value;                 ///< before the first ";": lower case, without comments and white space
    std::vector<Parameter> parameters; ///< at most 64, the same name perhaps more than once, as written
    bool cut = false; ///< there is more in it than was read: 16 KiB, 64 parameters

    std::string_view first(std::string_view name) const; ///< "" where there is none
};

/// Of an unfolded value. Never fails: what cannot be read is left out.
ParameterisedValue parse_parameters(std::string_view value);

} // namespace lazaret::mime
