#pragma once
// An SPF record taken apart (RFC 7208 4.5, 4.6, 5, 6). Pure.

#include "core/address.hpp"
#include "core/result.hpp"
#include "spf/macro.hpp"
#include "spf/result.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace lazaret::spf {

struct Mechanism {
    enum class Kind { all, include, a, mx, ptr, ip4, ip6, exists };

    Kind kind = Kind::all;
    Verdict qualifier = Verdict::pass;  ///< what a match comes to
    std::optional<MacroString> domain;  ///< nullopt: the current one
    Cidr network;                       ///< ip4, ip6
    int prefix_v4 = 32, prefix_v6 = 128; ///< a, mx
};

struct Record {
    std::vector<Mechanism> mechanisms;
    std::optional<MacroString> redirect; ///< without an `all`, which would make it meaningless

    /// Whether a TXT record is one of these (4.5).
    static bool is_one(std::string_view text);
    /// An error, which is a permerror, names the term that is wrong.
    static Result<Record> parse(std::string_view text);
};

/// A name that can be looked up, of two labels or more; without it check_host() is `none` (4.3).
bool is_domain(std::string_view name);

} // namespace lazaret::spf
