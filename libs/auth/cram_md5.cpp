#include "auth/cram_md5.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace lazaret::auth {
namespace {

using State = SaslStep::State;
constexpr std::size_t digest_digits = 32;

/// "" where OpenSSL runs without MD5, as in FIPS mode.
std::string hmac_md5(std::string_view key, std::string_view text) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
              text.size(), out, &size))
        return {};
    return std::string(reinterpret_cast<const char*>(out), size);
}

/// "user SP digest"; the user name may hold spaces, the digest is 32 lower-case hexadecimal digits.
bool halve(std::string_view response, std::string_view& login, std::string_view& digest) {
    if (response.size() <= digest_digits) return false;
    const auto at = response.size() - digest_digits - 1;
    login = response.substr(0, at);
    digest = response.substr(at + 1);
    const auto is_hex = [](char c) { return ascii_is_digit(c) || (c >= 'a' && c <= 'f'); };
    return response[at] == ' ' && std::all_of(digest.begin(), digest.end(), is_hex);
}

class CramMd5 final : public Exchange {
  public:
    explicit CramMd5(ExchangeContext context) : context_(std::move(context)) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(context_.now.time_since_epoch()).count();
        challenge_ = "<" + context_.nonce + "." + std::to_string(seconds) + "@" + context_.hostname + ">";
    }

  private:
    SaslStep begin() override {
        asked_ = true;
        return SaslStep(State::challenge, challenge_);
    }

    SaslStep respond(std::string_view response) override {
        std::string_view claimed, digest;
        // The server speaks first here: an initial response answers a challenge that nobody sent.
        if (!asked_ || !halve(response, claimed, digest) || !name(claimed)) return SaslStep(State::malformed);
        const Secret secret = context_.accounts->shared_secret(login());
        const std::string expected = hex_encode(hmac_md5(secret.view(), challenge_));
        return SaslStep(constant_time_equal(digest, expected) ? State::authenticated : State::failed);
    }

    ExchangeContext context_;
    std::string challenge_;
    bool asked_ = false;
};

} // namespace

std::unique_ptr<Exchange> make_cram_md5(ExchangeContext context) {
    return std::make_unique<CramMd5>(std::move(context));
}

std::string cram_md5_login(std::string_view response) {
    std::string_view login, digest;
    return halve(response, login, digest) ? std::string(login) : std::string();
}

} // namespace lazaret::auth
