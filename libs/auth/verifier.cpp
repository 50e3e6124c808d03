#include "auth/verifier.hpp"

#include "auth/crypt.hpp"
#include "auth/secret.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace lazaret::auth {
namespace {

constexpr std::string_view scram_scheme = "SCRAM-SHA-256$", crypt_scheme = "{CRYPT}", shared_scheme = "{SHARED}";
constexpr std::uint32_t min_iterations = 4096, max_iterations = 1'000'000;
constexpr std::size_t key_size = 32, salt_size = 16, min_salt = 8, max_salt = 64, max_password = 1024;

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

ScramKeys make_keys(std::string_view password, std::uint32_t iterations) {
    if (iterations < min_iterations || iterations > max_iterations)
        throw std::invalid_argument("Verifier::make: iterations must be 4096-1000000");
    ScramKeys out;
    out.iterations = iterations;
    out.salt.resize(salt_size);
    random_bytes(out.salt.data(), out.salt.size());
    std::string salted = salted_password(password, out.salt, iterations);
    out.stored_key = stored_key_of(salted);
    out.server_key = hmac_sha256(salted, "Server Key");
    cleanse(salted);
    return out;
}

std::string to_text(const ScramKeys& keys) {
    return std::string(scram_scheme) + std::to_string(keys.iterations) + ':' + base64_encode(keys.salt) + '$' +
           base64_encode(keys.stored_key) + ':' + base64_encode(keys.server_key);
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

Result<ScramKeys> parse_scram(std::string_view text) {
    if (!text.starts_with(scram_scheme))
        return wrong("expected SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>");
    text.remove_prefix(scram_scheme.size());
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

    ScramKeys out;
    out.iterations = static_cast<std::uint32_t>(*count);
    out.salt = std::move(*salt_octets);
    out.stored_key = std::move(*stored_octets);
    out.server_key = std::move(*server_octets);
    return out;
}

bool is_password(std::string_view text) {
    return !text.empty() && text.size() <= max_password && text.find('\0') == std::string_view::npos;
}

/// "{WORD}": capitals, digits, '.' and '-', as every mail server writes it; "" where there is none.
std::string_view scheme_of(std::string_view text) {
    const auto end = text.find('}');
    if (!text.starts_with('{') || end == std::string_view::npos || end < 2) return {};
    const auto word = text.substr(1, end - 1);
    const auto fits = [](char c) { return ascii_is_upper(c) || ascii_is_digit(c) || c == '-' || c == '.'; };
    return std::all_of(word.begin(), word.end(), fits) ? word : std::string_view();
}

bool is_crypt_name(std::string_view word) {
    constexpr std::string_view names[] = {"CRYPT", "BLF-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "MD5-CRYPT"};
    return std::find(std::begin(names), std::end(names), word) != std::end(names);
}

/// "{SHA512-CRYPT}$6$..." is what we call "{CRYPT}$6$...".
std::string without_alias(std::string_view text) {
    const auto scheme = scheme_of(text);
    return is_crypt_name(scheme) ? std::string(crypt_scheme).append(text.substr(scheme.size() + 2)) : std::string(text);
}

} // namespace

Result<Verifier> Verifier::parse(std::string_view text) {
    Verifier out;
    if (text.starts_with(crypt_scheme)) {
        out.kind_ = Kind::crypt;
        out.crypt_ = text.substr(crypt_scheme.size());
        if (!is_crypt_hash(out.crypt_)) return wrong("no hash that crypt(3) knows");
        return out;
    }
    if (text.starts_with(shared_scheme)) {
        text.remove_prefix(shared_scheme.size());
        const auto end = text.find('$');
        auto password = base64_decode(text.substr(0, end));
        if (end == std::string_view::npos || !password || !is_password(*password))
            return wrong("expected {SHARED}<password in base64>$SCRAM-SHA-256$...");
        out.kind_ = Kind::shared;
        out.shared_ = std::move(*password);
        text.remove_prefix(end + 1);
    }
    auto keys = parse_scram(text);
    if (!keys) return keys.error();
    out.keys_ = std::move(*keys);
    return out;
}

Verifier Verifier::make(std::string_view password, std::uint32_t iterations) {
    Verifier out;
    out.keys_ = make_keys(password, iterations);
    return out;
}

Verifier Verifier::make_shared(std::string_view password, std::uint32_t iterations) {
    Verifier out = make(password, iterations);
    out.kind_ = Kind::shared;
    out.shared_ = password;
    return out;
}

Result<void> Verifier::is_importable(std::string_view given) {
    const auto scheme = scheme_of(given);
    if (given.starts_with(scram_scheme) || is_crypt_name(scheme)) {
        auto parsed = parse(without_alias(given));
        return parsed ? Result<void>() : parsed.error();
    }
    if (!scheme.empty() && scheme != "SHARED" && scheme != "PLAIN")
        return wrong("expected {CRYPT}, {SHARED} or {PLAIN} in braces");
    if (scheme == "SHARED" && parse(given)) return {};
    const auto password = scheme.empty() ? given : given.substr(scheme.size() + 2);
    return is_password(password) ? Result<void>() : wrong("a password has 1 to 1024 octets without NUL");
}

Result<Verifier> Verifier::import(std::string_view given) {
    if (auto fits = is_importable(given); !fits) return fits.error();
    if (auto stored = parse(without_alias(given))) return stored;
    const auto scheme = scheme_of(given);
    const auto password = scheme.empty() ? given : given.substr(scheme.size() + 2);
    if (scheme == "SHARED") return make_shared(password);
    return make(password);
}

std::string Verifier::to_string() const {
    switch (kind_) {
    case Kind::scram: break;
    case Kind::crypt: return std::string(crypt_scheme) + crypt_;
    case Kind::shared: return std::string(shared_scheme) + base64_encode(shared_) + '$' + to_text(keys_);
    }
    return to_text(keys_);
}

bool Verifier::check(std::string_view password) const {
    if (kind_ == Kind::crypt) return crypt_matches(password, crypt_);
    if (keys_.iterations == 0) return false; // never parsed nor made
    std::string salted = salted_password(password, keys_.salt, keys_.iterations);
    const std::string stored = stored_key_of(salted);
    cleanse(salted);
    return constant_time_equal(stored, keys_.stored_key);
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
