#pragma once
// A table of fixed size under keys that nobody outside can choose (keyed hashes): eight places per row, and where
// all eight are taken the entry of least worth goes. Its memory is the same on the worst day.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lazaret::auth {

/// Entry has `std::uint64_t key` (0 = free) and is a few words that may be copied.
template <class Entry> class BoundedTable {
  public:
    static constexpr std::size_t ways = 8;

    /// At least `entries` places, at most twice as many.
    explicit BoundedTable(std::size_t entries)
        : rows_(std::bit_ceil(std::max<std::size_t>(1, entries / ways))), places_(rows_ * ways) {}

    /// nullptr when it is not there.
    Entry* find(std::uint64_t key) {
        Entry* const row = row_of(key);
        Entry* const end = row + ways;
        Entry* const found = std::find_if(row, end, [&](const Entry& e) { return e.key == key; });
        return found == end ? nullptr : found;
    }

    /// The entry of `key`, a fresh one if need be, instead of the one for which `worth` is least.
    template <class Worth> Entry& place(std::uint64_t key, Worth worth) {
        if (Entry* const known = find(key)) return *known;
        Entry* const row = row_of(key);
        Entry* victim = std::find_if(row, row + ways, [](const Entry& e) { return e.key == 0; });
        if (victim == row + ways)
            victim = std::min_element(row, row + ways, [&](const Entry& a, const Entry& b) { return worth(a) < worth(b); });
        *victim = Entry();
        victim->key = key;
        return *victim;
    }

    std::size_t capacity() const { return places_.size(); }

  private:
    Entry* row_of(std::uint64_t key) { return &places_[(key & (rows_ - 1)) * ways]; }
    std::size_t rows_;
    std::vector<Entry> places_;
};

} // namespace lazaret::auth
