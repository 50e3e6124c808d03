#include "core/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace lazaret {

namespace {

constexpr std::size_t digest_size = 32, block_size = 64;
using Digest = std::array<unsigned char, digest_size>;

void must(bool done) {
    if (!done) throw std::runtime_error("OpenSSL cannot compute a hash");
}

// Fetched once: EVP_sha256() would look the implementation up again at every use.
const EVP_MD* algorithm() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    must(md != nullptr);
    return md;
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

Digest digest_of(std::string_view first, std::string_view second) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    Digest out;
    must(context && EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1 &&
         EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
         EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1 &&
         EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
    return out;
}

std::string_view view(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// RFC 2104 over the one digest context: a tenth of the cost of a fresh MAC context for every recipient.
Digest hmac(std::string_view key, std::string_view data) {
    Digest short_key;
    if (key.size() > block_size) {
        short_key = digest_of(key, {});
        key = view(short_key);
    }
    std::array<char, block_size> inner, outer;
    inner.fill(0x36);
    outer.fill(0x5C);
    for (std::size_t i = 0; i < key.size(); ++i) {
        inner[i] = static_cast<char>(inner[i] ^ key[i]);
        outer[i] = static_cast<char>(outer[i] ^ key[i]);
    }
    const Digest first = digest_of({inner.data(), inner.size()}, data);
    return digest_of({outer.data(), outer.size()}, view(first));
}

std::unique_ptr<EVP_MAC_CTX, FreeContext> make_siphash() {
    static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
    std::unique_ptr<EVP_MAC_CTX, FreeContext> context(mac ? EVP_MAC_CTX_new(mac) : nullptr);
    std::size_t size = 8;
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    must(context && EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
    return context;
}

} // namespace

KeyedHash::KeyedHash(std::string_view key) {
    const Digest derived = hmac(key, "lazaret keyed hash");
    std::copy_n(derived.begin(), key_.size(), key_.begin());
}

std::uint64_t KeyedHash::operator()(std::string_view text) const {
    thread_local const std::unique_ptr<EVP_MAC_CTX, FreeContext> context = make_siphash();
    std::array<unsigned char, 8> out;
    std::size_t size = 0;
    must(EVP_MAC_init(context.get(), key_.data(), key_.size(), nullptr) == 1 &&
         EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
         EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 && size == out.size());
    std::uint64_t value = 0;
    for (std::size_t i = out.size(); i-- > 0;)
        value = value << 8 | out[i];
    return value;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    return std::string(view(hmac(key, data)));
}

std::string sha256(std::string_view data) {
    return std::string(view(digest_of(data, {})));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace lazaret
