#pragma once
// Randomness that nobody can guess, cheap enough for every message.

#include <cstddef>

namespace lazaret {

/// Fills `out` from OpenSSL's per-thread generator through a thread-local buffer, so that small requests cost a
/// copy. Throws when the generator fails (no entropy: a failed start). Not to be used on both sides of a fork().
void random_bytes(void* out, std::size_t size);

} // namespace lazaret
