#pragma once
// What the database holds instead of a password. One line of text, three kinds:
//
//   SCRAM-SHA-256$<iterations>:<salt b64>$<StoredKey b64>:<ServerKey b64>   RFC 5803 in PostgreSQL's spelling
//   {CRYPT}<hash of crypt(3)>       imported from elsewhere: PLAIN and LOGIN only
//   {SHARED}<password b64>$<the first kind>    the password itself, which CRAM-MD5 cannot do without
//
// The first is good for every mechanism but CRAM-MD5, and what a plain password becomes.

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::auth {

/// RFC 5802 3: what a server keeps for SCRAM-SHA-256. Iterations 4096-1000000, salt 8-64 octets, keys 32.
struct ScramKeys {
    std::uint32_t iterations = 0;
    std::string salt, stored_key, server_key;
};

class Verifier {
  public:
    enum class Kind { scram, crypt, shared };

    /// The stored text, and nothing else.
    static Result<Verifier> parse(std::string_view text);
    /// PBKDF2 with fresh salt. The password is used as its octets (RFC 4616 leaves SASLprep to the client).
    static Verifier make(std::string_view password, std::uint32_t iterations = 4096);
    static Verifier make_shared(std::string_view password, std::uint32_t iterations = 4096);
    /// What an administrator may hand over: a stored text, "{SHARED}password", "{PLAIN}password", a hash of
    /// crypt(3) under one of the names that other servers give it ("{SHA512-CRYPT}$6$..."), or a password.
    /// Any other word in braces is an error, lest somebody's hash be taken for a password.
    static Result<Verifier> import(std::string_view given);
    /// Whether import() would take it, without the cost of a hash.
    static Result<void> is_importable(std::string_view given);

    std::string to_string() const;
    Kind kind() const { return kind_; }
    /// Costly (a PBKDF2 of `iterations`, or what the imported hash asks for): never on an I/O thread. Compares
    /// in constant time.
    bool check(std::string_view password) const;
    /// nullptr for an imported hash.
    const ScramKeys* scram() const { return kind_ == Kind::crypt ? nullptr : &keys_; }
    /// "" unless the kind is shared.
    const std::string& shared_secret() const { return shared_; }

  private:
    Kind kind_ = Kind::scram;
    ScramKeys keys_;
    std::string crypt_;  ///< setting and hash, as crypt(3) wrote it
    std::string shared_; ///< the password
};

/// A verifier that no password fits, as costly as one of make().
const Verifier& decoy();

} // namespace lazaret::auth
