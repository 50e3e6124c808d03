// auth::Verifier: lines of the database, and what an administrator hands over. Nothing is hashed here.

#include "auth/verifier.hpp"
#include "fuzz/check.hpp"

#include <cstddef>
#include <cstdint>

using lazaret::fuzz::check;
using lazaret::auth::Verifier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size); // its own block: reading past it is seen
    const bool importable = bool(Verifier::is_importable(text));
    const auto verifier = Verifier::parse(text);
    if (!verifier) return 0;
    check(importable, "what is stored may be imported");
    check((verifier->scram() == nullptr) == (verifier->kind() == Verifier::Kind::crypt), "only a hash of crypt(3) has no keys");
    check(verifier->shared_secret().empty() == (verifier->kind() != Verifier::Kind::shared), "only a shared secret is kept");
    if (const auto* keys = verifier->scram()) {
        check(keys->iterations >= 4096 && keys->iterations <= 1'000'000, "iterations are bounded");
        check(keys->salt.size() >= 8 && keys->salt.size() <= 64, "the salt is bounded");
        check(keys->stored_key.size() == 32 && keys->server_key.size() == 32, "keys have the size of a hash");
    }
    check(verifier->shared_secret().size() <= 1024, "a password is bounded");
    const auto again = Verifier::parse(verifier->to_string());
    check(bool(again) && again->to_string() == verifier->to_string() && again->kind() == verifier->kind(), "what is written is read back");
    const auto imported = Verifier::import(text);
    check(bool(imported) && imported->to_string() == verifier->to_string(), "an import leaves it as it is");
    return 0;
}
