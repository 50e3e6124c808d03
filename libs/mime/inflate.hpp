#pragma once
// DEFLATE (RFC 1951) and gzip (RFC 1952), as much of it as wanted.

#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::mime {

enum class Wrapping { raw, gzip };

struct Inflated {
    std::string octets;
    std::size_t consumed = 0; ///< of the input: it can be made to yield nothing
};

/// At most `most` octets; fewer where the input ends or is broken.
Inflated inflate(std::string_view packed, Wrapping wrapping, std::size_t most);

} // namespace lazaret::mime
