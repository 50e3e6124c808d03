#pragma once
// What check_host() comes to (RFC 7208 2.6).

#include "core/result.hpp"

#include <string_view>

namespace lazaret::spf {

enum class Verdict {
    none,      ///< no record, or no domain to look for one at
    neutral,   ///< the domain says nothing about the client
    pass,      ///< the client may send for the domain
    fail,      ///< it may not
    softfail,  ///< it probably may not
    temperror, ///< the DNS had no answer; later there may be one
    permerror, ///< the record cannot be understood
};
std::string_view to_string(Verdict verdict); ///< as in Received-SPF: "softfail"
Result<Verdict> parse_verdict(std::string_view text);

/// Whether receivers may refuse or mark mail with this: fail, softfail, permerror.
bool hurts(Verdict verdict);
/// The one that matters more to who sends from several addresses: fail, permerror, softfail, temperror, neutral, none, pass.
Verdict worse(Verdict one, Verdict other);

} // namespace lazaret::spf
