#pragma once
// Who or what was seen before, in bounded memory: Bloom filters of keyed hashes. They may say "seen" of something
// new, with a chance they know; they never say "new" of something remembered.

#include "detect/bits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lazaret::detect {

template <std::size_t Bits> class Sketch {
  public:
    static_assert(Bits % 32 == 0 && Bits <= 65536);

    bool contains(std::uint64_t hash) const { return get(first(hash)) && get(second(hash)); }
    void add(std::uint64_t hash) {
        set(first(hash));
        set(second(hash));
    }
    void add(const Sketch& other) {
        for (std::size_t i = 0; i < words_.size(); ++i)
            words_[i] |= other.words_[i];
    }
    bool empty() const { return ones() == 0; }
    double fill() const { return static_cast<double>(ones()) / static_cast<double>(Bits); }
    std::span<const std::uint32_t> words() const { return words_; }
    std::span<std::uint32_t> words() { return words_; }

  private:
    // Hashes are keyed or mixed already, so their halves are independent enough.
    static std::size_t first(std::uint64_t hash) { return (hash & 0xffffffff) % Bits; }
    static std::size_t second(std::uint64_t hash) { return (hash >> 32) % Bits; }
    bool get(std::size_t bit) const { return (words_[bit / 32] >> (bit % 32) & 1) != 0; }
    void set(std::size_t bit) { words_[bit / 32] |= 1u << (bit % 32); }
    std::size_t ones() const {
        std::size_t count = 0;
        for (auto word : words_)
            count += detect::ones(word);
        return count;
    }
    std::array<std::uint32_t, Bits / 32> words_{};
};

/// Long memory in two generations: when the younger is half full the older is forgotten. Today's is kept apart until
/// the day is over and found to be trustworthy, so that an offender's recipients and names do not become known ones.
template <std::size_t Bits> class Acquaintances {
  public:
    bool knows(std::uint64_t hash) const {
        return younger.contains(hash) || older.contains(hash) || today.contains(hash);
    }
    /// Known from before today, and hardly by chance.
    bool is_habit(std::uint64_t hash) const {
        return (younger.contains(hash) || older.contains(hash)) && error() < 0.1;
    }
    void meet(std::uint64_t hash) { today.add(hash); }
    bool empty() const { return younger.empty() && older.empty() && today.empty(); }
    /// Chance that something new is taken for known.
    double error() const {
        const auto square = [](double x) { return x * x; };
        return 1 - (1 - square(younger.fill())) * (1 - square(older.fill())) * (1 - square(today.fill()));
    }
    /// How many new ones each that is found new stands for.
    double correction() const { return 1 / std::max(1 - error(), 0.25); }
    void end_day(bool is_trusted) {
        if (is_trusted) {
            if (younger.fill() > 0.5) {
                older = younger;
                younger = Sketch<Bits>();
            }
            younger.add(today);
        }
        today = Sketch<Bits>();
    }

    Sketch<Bits> younger, older, today;
};

} // namespace lazaret::detect
