#pragma once
// Macro strings and domain-specs (RFC 7208 7). Pure.

#include "core/address.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::spf {

/// What the letters stand for; the current domain is given with each expansion.
struct MacroValues {
    IpAddress client;
    std::string sender_local, sender_domain; ///< of <sender>: letters l and o, together s
    std::string helo;                        ///< h
    std::string validated = "unknown";       ///< p
};

class MacroString {
  public:
    /// nullopt where it does not fit the grammar of a macro-string.
    static std::optional<MacroString> parse(std::string_view text);
    /// The same for a domain-spec: it ends in a macro or in a dot and a label, and has none of the letters c, r and t, which
    /// are for explanations.
    static std::optional<MacroString> parse_domain(std::string_view text);

    bool uses(char letter) const; ///< lower case
    /// Of a domain-spec the name to look up: what is longer than 253 octets loses labels in front (7.3).
    std::string expand(const MacroValues& values, std::string_view domain) const;

  private:
    /// Literal text, or a macro.
    struct Piece {
        std::string literal;
        char letter = 0; ///< 0: literal
        bool escaped = false, reversed = false;
        unsigned labels = 0; ///< of the right, 0 = all
        std::string delimiters = ".";
    };
    static bool parse_macro(std::string_view body, Piece& into);
    void add_literal(std::string_view text);
    bool ends_like_a_domain() const;

    std::vector<Piece> pieces_;
    bool ends_in_macro_ = false; ///< %% and its kin are macros, too
};

} // namespace lazaret::spf
