#pragma once
// Password hashes of crypt(3), through libxcrypt: yescrypt, bcrypt, SHA-512 and the older ones that an ISP's
// account database may still hold.

#include <string>
#include <string_view>

namespace lazaret::auth {

/// Whether it names a method that this libxcrypt can compute. Says nothing about the hash behind the salt.
bool is_crypt_hash(const std::string& text);
/// As costly as the hash's author wanted. False also for a hash that cannot be computed, and for passwords of
/// more than 511 octets. Any thread may call: the work space is the thread's own.
bool crypt_matches(std::string_view password, const std::string& hash);

} // namespace lazaret::auth
