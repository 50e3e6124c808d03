#pragma once
// Identifiers that travel through the whole product.

#include "core/time.hpp"

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret {

/// Names one transaction from the client's MAIL to Postfix's log (XFORWARD IDENT, Received "id").
/// 20 characters of Crockford base32 in lower case: 48 bits of milliseconds, then 52 random bits; sorts by time.
class TraceId {
  public:
    static constexpr std::size_t length = 20;
    TraceId() = default; ///< empty: no transaction
    /// Random bits from OpenSSL's per-thread generator.
    static TraceId make(Time at);
    static std::optional<TraceId> parse(std::string_view text);

    bool empty() const { return text_[0] == '\0'; }
    std::string_view view() const { return empty() ? std::string_view() : std::string_view(text_.data(), length); }
    std::string to_string() const { return std::string(view()); }
    auto operator<=>(const TraceId&) const = default;

  private:
    std::array<char, length> text_{};
};

/// 32 hex characters of randomness, for quarantine tokens, webhook ids and the like.
std::string random_token();

} // namespace lazaret
