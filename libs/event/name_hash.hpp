#pragma once
// Names that are no personal data, as numbers: hosts that links lead to, HELO names, mail programs. Without a key and the
// same in all versions, on all nodes and in the database, or the engine would take one name for two. That somebody may
// find the name to a number, or a second name to it, gives nothing away and wins nothing: he may use the name itself.

#include <cstdint>
#include <string_view>

namespace lazaret::event {

/// Spreads the bits of a name or of a weak hash: the finalizer of MurmurHash3, public domain mathematics.
constexpr std::uint64_t mixed(std::uint64_t hash) {
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    return hash ^ hash >> 33;
}

/// FNV-1a, mixed. Never 0 for a name that is not empty: 0 is none.
constexpr std::uint64_t name_hash(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = mixed(hash);
    return name.empty() ? 0 : hash == 0 ? 1 : hash;
}

} // namespace lazaret::event
