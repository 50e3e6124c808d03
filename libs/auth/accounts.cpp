#include "auth/accounts.hpp"

#include "core/hash.hpp"

#include <cstring>

namespace lazaret::auth {

std::string Accounts::derive(std::string_view purpose, std::string_view login) const {
    std::string text(purpose);
    text.append(1, '\0').append(login);
    return hmac_sha256(secret_, text);
}

/// The verifier of an existing account, always the same for one login as long as the accounts stay the same.
Verifier Accounts::model(std::string_view login) const {
    const auto& accounts = directory_.rows().accounts;
    if (accounts.empty()) return decoy();
    std::uint64_t chosen = 0;
    std::memcpy(&chosen, derive("model", login).data(), sizeof chosen);
    auto verifier = Verifier::parse(accounts[chosen % accounts.size()].verifier);
    return verifier ? std::move(*verifier) : decoy();
}

Accounts::Found Accounts::find(std::string_view login) const {
    Found out;
    out.account = directory_.account(login);
    out.verifier = model(login); // also for a login that exists: its answer must not come sooner
    if (!out.account) return out;
    auto stored = Verifier::parse(out.account->verifier);
    if (stored)
        out.verifier = std::move(*stored);
    else
        out.damaged = true;
    return out;
}

bool Accounts::can_serve(std::string_view mechanism, std::string_view login) const {
    const auto found = find(login);
    if (mechanism == "CRAM-MD5") return found.verifier.kind() == Verifier::Kind::shared;
    return !mechanism.starts_with("SCRAM-") || found.verifier.scram() != nullptr;
}

ScramKeys Accounts::scram_keys(std::string_view login) const {
    const auto shape = model(login);
    const auto& like = shape.scram() ? *shape.scram() : *decoy().scram();
    ScramKeys out;
    out.iterations = like.iterations;
    out.salt = derive("salt", login) + derive("more salt", login);
    out.salt.resize(like.salt.size());
    out.stored_key = derive("stored key", login);
    out.server_key = derive("server key", login);
    const auto found = find(login);
    if (found.account && !found.damaged && found.verifier.scram()) out = *found.verifier.scram();
    return out;
}

Secret Accounts::shared_secret(std::string_view login) const {
    const auto found = find(login);
    const bool real = found.account && !found.damaged && found.verifier.kind() == Verifier::Kind::shared;
    const std::string none = derive("shared secret", login);
    return Secret(real ? std::string_view(found.verifier.shared_secret()) : std::string_view(none));
}

} // namespace lazaret::auth
