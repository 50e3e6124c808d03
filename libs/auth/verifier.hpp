#pragma once
// What the database holds instead of a password.

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::auth {

/// "SCRAM-SHA-256$<iterations>:<salt b64>$<StoredKey b64>:<ServerKey b64>" (RFC 5803 in PostgreSQL's
/// spelling): good for PLAIN and LOGIN now, for SCRAM later. Iterations 4096-1000000.
class Verifier {
  public:
    static Result<Verifier> parse(std::string_view text);
    /// PBKDF2 with fresh salt. The password is used as its octets (RFC 4616 leaves SASLprep to the client).
    static Verifier make(std::string_view password, std::uint32_t iterations = 4096);
    std::string to_string() const;
    /// Costly (a PBKDF2 of `iterations`): never on an I/O thread. Compares in constant time.
    bool check(std::string_view password) const;

  private:
    std::uint32_t iterations_ = 0;
    std::string salt_, stored_key_, server_key_;
};

/// A verifier that no password fits, as costly as one of make(): checked for unknown logins, so that the time
/// of an answer does not tell which logins exist.
const Verifier& decoy();

} // namespace lazaret::auth
