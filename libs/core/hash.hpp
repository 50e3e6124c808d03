#pragma once
// Keyed hashes for personal data: events name recipients by domain and by this, never by address.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret {

/// SipHash-2-4 (Aumasson, Bernstein 2012) under a key derived from the installation's: equal for equal input, useless
/// without the key. A tenth of an HMAC's cost, and every message needs several.
class KeyedHash {
  public:
    explicit KeyedHash(std::string_view key); ///< of any length
    std::uint64_t operator()(std::string_view text) const;

  private:
    std::array<unsigned char, 16> key_;
};

std::string hmac_sha256(std::string_view key, std::string_view data); ///< 32 raw bytes
std::string sha256(std::string_view data);                            ///< 32 raw bytes
/// Equal without telling by its running time where the difference is. Unequal lengths return at once.
bool constant_time_equal(std::string_view a, std::string_view b);

} // namespace lazaret
