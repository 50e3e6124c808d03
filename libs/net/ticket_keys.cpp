#include "net/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace lazaret::net {

namespace {

TicketKeys& process_keys() {
    static TicketKeys keys;
    return keys;
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/// Wiped when done with.
struct Wiped {
    TicketKeys::Key key;
    explicit Wiped(const TicketKeys::Key& k) : key(k) {}
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { OPENSSL_cleanse(&key, sizeof key); }
};

/// SSL_CTX_set_tlsext_ticket_key_evp_cb: 1 = go on, 2 = go on and renew, 0 = unknown ticket, full handshake, -1 = error.
int choose_key(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) {
    const auto now = lazaret::now();
    const auto* algorithm = EVP_aes_256_cbc();
    if (encrypt) {
        Wiped with(process_keys().current(now));
        std::copy(with.key.name.begin(), with.key.name.end(), name);
        random_bytes(iv, static_cast<std::size_t>(EVP_CIPHER_get_iv_length(algorithm)));
        return EVP_EncryptInit_ex2(cipher, algorithm, with.key.cipher.data(), iv, nullptr) == 1 && set_mac(mac, with.key) ? 1 : -1;
    }
    const auto found = process_keys().find(std::span(name, std::size_t(16)), now);
    if (!found) return 0;
    Wiped with(found->key);
    if (EVP_DecryptInit_ex2(cipher, algorithm, with.key.cipher.data(), iv, nullptr) != 1 || !set_mac(mac, with.key)) return -1;
    return found->renew ? 2 : 1;
}

} // namespace

void TicketKeys::rotate(Time now) {
    if (since_ && now - *since_ < lifetime && now >= *since_) return;
    // After a long silence the present key is too old to be anybody's previous one.
    has_previous_ = since_ && now >= *since_ && now - *since_ < 2 * lifetime;
    keys_[1] = keys_[0];
    random_bytes(&keys_[0], sizeof keys_[0]);
    since_ = now;
}

TicketKeys::Key TicketKeys::current(Time now) {
    const std::lock_guard lock(mutex_);
    rotate(now);
    return keys_[0];
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char> name, Time now) {
    const std::lock_guard lock(mutex_);
    rotate(now);
    for (std::size_t i = 0; i < (has_previous_ ? 2u : 1u); ++i)
        if (std::equal(name.begin(), name.end(), keys_[i].name.begin(), keys_[i].name.end())) return Found{keys_[i], i != 0};
    return std::nullopt;
}

bool use_ticket_keys(SSL_CTX* context) {
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, choose_key) == 1;
}

} // namespace lazaret::net
