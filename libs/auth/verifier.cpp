#include "auth/verifier.hpp"

#include "auth/secret.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace lazaret::auth {
namespace {

constexpr std::string_view scheme = "SCRAM-SHA-256$";
constexpr std::uint32_t min_iterations = 4096, max_iterations = 1'000'000;
constexpr std::size_t key_size = 32, salt_size = 16, min_salt = 8, max_salt = 64;

/// RFC 5802 3: SaltedPassword := Hi(password, salt, i).
std::string salted_password(std::string_view password, std::string_view salt, std::uint32_t iterations) {
    std::string out(key_size, '\0');
    // OpenSSL wants a pointer even to nothing.
    const char* octets = password.empty() ? "" : password.data();
    if (PKCS5_PBKDF2_HMAC(octets, static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                          static_cast<int>(iterations), EVP_sha256(), static_cast<int>(out.size()),
                          reinterpret_cast<unsigned char*>(out.data())) != 1)
        throw std::runtime_error("OpenSSL: PBKDF2 with SHA-256 failed");
    return out;
}

std::string stored_key_of(std::string_view salted) {
    std::string client_key = hmac_sha256(salted, "Client Key");
    std::string stored = sha256(client_key);
    cleanse(client_key);
    return stored;
}

Error wrong(const char* what) {
    return Error(std::string("password verifier: ") + what);
}

/// "left<separator>right", both not further split.
bool halve(std::string_view text, char separator, std::string_view& left, std::string_view& right) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return false;
    left = text.substr(0, at);
    right = text.substr(at + 1);
    return right.find(separator) == std::string_view::npos;
}

} // namespace

Result<Verifier> Verifier::parse(std::string_view text) {
    if (!text.starts_with(scheme))
        return wrong("expected SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>");
    text.remove_prefix(scheme.size());
    std::string_view head, keys, iterations, salt, stored, server;
    if (!halve(text, '$', head, keys) || !halve(head, ':', iterations, salt) ||
        !halve(keys, ':', stored, server))
        return wrong("expected SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>");

    const auto count = parse_unsigned(iterations);
    if (!count || *count < min_iterations || *count > max_iterations)
        return wrong("iterations must be 4096-1000000");
    auto salt_octets = base64_decode(salt);
    if (!salt_octets || salt_octets->size() < min_salt || salt_octets->size() > max_salt)
        return wrong("the salt must be 8-64 octets in base64");
    auto stored_octets = base64_decode(stored);
    auto server_octets = base64_decode(server);
    if (!stored_octets || stored_octets->size() != key_size || !server_octets ||
        server_octets->size() != key_size)
        return wrong("StoredKey and ServerKey must be 32 octets in base64");

    Verifier out;
    out.iterations_ = static_cast<std::uint32_t>(*count);
    out.salt_ = std::move(*salt_octets);
    out.stored_key_ = std::move(*stored_octets);
    out.server_key_ = std::move(*server_octets);
    return out;
}

Verifier Verifier::make(std::string_view password, std::uint32_t iterations) {
    if (iterations < min_iterations || iterations > max_iterations)
        throw std::invalid_argument("Verifier::make: iterations must be 4096-1000000");
    Verifier out;
    out.iterations_ = iterations;
    out.salt_.resize(salt_size);
    random_bytes(out.salt_.data(), out.salt_.size());
    std::string salted = salted_password(password, out.salt_, iterations);
    out.stored_key_ = stored_key_of(salted);
    out.server_key_ = hmac_sha256(salted, "Server Key");
    cleanse(salted);
    return out;
}

std::string Verifier::to_string() const {
    return std::string(scheme) + std::to_string(iterations_) + ':' + base64_encode(salt_) + '$' +
           base64_encode(stored_key_) + ':' + base64_encode(server_key_);
}

bool Verifier::check(std::string_view password) const {
    if (iterations_ == 0) return false; // never parsed nor made
    std::string salted = salted_password(password, salt_, iterations_);
    const std::string stored = stored_key_of(salted);
    cleanse(salted);
    return constant_time_equal(stored, stored_key_);
}

const Verifier& decoy() {
    static const Verifier none = [] {
        std::string password(32, '\0');
        random_bytes(password.data(), password.size());
        Verifier out = Verifier::make(password);
        cleanse(password);
        return out;
    }();
    return none;
}

} // namespace lazaret::auth
