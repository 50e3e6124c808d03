#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::net {

/// An absolute http or https URL (RFC 3986) as an administrator writes it: no user information, no fragment,
/// ASCII only.
struct Url {
    bool tls = false;
    std::string host; ///< without brackets
    std::uint16_t port = 0;
    std::string target; ///< path and query, begins with '/'

    Url() = default;
    static Result<Url> parse(std::string_view text);
    std::string authority() const; ///< for the Host field: the port only where it is not the scheme's
};

} // namespace lazaret::net
