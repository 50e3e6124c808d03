#pragma once
// Keyed hashes for personal data: events name recipients by domain and by this, never by address.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret {

/// HMAC-SHA256 under the installation's key, cut to 64 bits: equal for equal input, useless without the key.
class KeyedHash {
  public:
    explicit KeyedHash(std::string key) : key_(std::move(key)) {}
    std::uint64_t operator()(std::string_view text) const;

  private:
    std::string key_;
};

std::string hmac_sha256(std::string_view key, std::string_view data); ///< 32 raw bytes
std::string sha256(std::string_view data);                            ///< 32 raw bytes
/// Equal without telling by its running time where the difference is. Unequal lengths return at once.
bool constant_time_equal(std::string_view a, std::string_view b);

} // namespace lazaret
