#pragma once
// The texts that a subscriber has sent lately, by similarity hash. What a scanner says about a text it says about
// each copy, and a list that fails belongs to the text that went to it: so counts are kept per text.

#include "detect/bits.hpp"

#include <array>
#include <cstdint>

namespace lazaret::detect {

/// Two hashes of near-identical texts differ in few bits, of others in about 32. 8 of 64 are reached by chance once
/// in four thousand million pairs.
inline constexpr unsigned similar_bits = 8;
inline bool are_similar(std::uint64_t a, std::uint64_t b) {
    return ones(a ^ b) <= similar_bits;
}

struct Text {
    std::uint64_t fingerprint = 0;             ///< 0: not known, all such messages share one slot
    float sent = 0, caught = 0, strangers = 0; ///< messages, of them caught by a scanner, first-time recipients
    float results = 0, failed = 0;             ///< delivery results while it was the latest, of them nonexistent

    bool empty() const { return sent <= 0; }
    void forget(float factor);
};

/// The latest texts, newest first; a text that is sent again moves to the front.
class TextSlots {
  public:
    static constexpr std::size_t count = 4;

    /// The slot of this text, now the first. `evicted` takes what had to go for it, empty if nothing.
    Text& use(std::uint64_t fingerprint, Text& evicted);
    Text& latest() { return slots[0]; }
    const Text& latest() const { return slots[0]; }
    void forget(float factor);

    std::array<Text, count> slots;
};

} // namespace lazaret::detect
