#include "auth/crypt.hpp"

#include "core/hash.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace lazaret::auth {

bool is_crypt_hash(const std::string& text) {
    const auto printable = [](char c) { return c > ' ' && c <= '~' && c != ':' && c != ';' && c != '*' && c != '!' && c != '\\'; };
    if (text.empty() || text.size() >= CRYPT_OUTPUT_SIZE || !std::all_of(text.begin(), text.end(), printable)) return false;
    const int answer = crypt_checksalt(text.c_str());
    return answer == CRYPT_SALT_OK || answer == CRYPT_SALT_METHOD_LEGACY || answer == CRYPT_SALT_TOO_CHEAP;
}

bool crypt_matches(std::string_view password, const std::string& hash) {
    if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE || password.find('\0') != std::string_view::npos) return false;
    // 32 KiB: not for a stack. What a library leaves in it after one password must not outlive the check.
    thread_local const auto work = std::make_unique<crypt_data>();
    std::memset(work.get(), 0, sizeof *work);
    std::memcpy(work->input, password.data(), password.size());
    const char* computed = crypt_r(work->input, hash.c_str(), work.get());
    const bool same = computed && computed[0] != '*' && constant_time_equal(computed, hash);
    OPENSSL_cleanse(work.get(), sizeof *work);
    return same;
}

} // namespace lazaret::auth
