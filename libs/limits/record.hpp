#pragma once
// One key's history: what was relayed within the last day, with running sums, and what is reserved now. Not
// locked.

#include "core/time.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace lazaret::limits {

struct Count {
    std::uint64_t messages = 0, recipients = 0;
};

inline constexpr std::array<Duration, 3> window_lengths{std::chrono::minutes(1), std::chrono::hours(1),
                                                        std::chrono::hours(24)};

/// A log in a ring, oldest first. It is read from three places: the first entry of each window. An entry
/// counts for a window of length W as long as it is younger than W.
class History {
  public:
    /// Lets entries leave their windows. Time stands still where the clock went back by less than a second
    /// (threads that asked it at nearly the same moment); where it went back further, no entry is taken to
    /// lie in the future.
    void advance(Time now);
    /// After advance(now). Counts are added to the newest entry when that is of the same moment.
    void add(std::uint32_t messages, std::uint32_t recipients);
    /// Within minute, hour, day (0-2), as of the last advance().
    const Count& used(std::size_t window) const { return used_[window]; }
    bool empty() const { return size_ == 0; }
    std::size_t entries() const { return size_; }
    /// How long after the last advance() until at least this much has left the window; the window's length
    /// when it never holds so much.
    Duration until_freed(std::size_t window, std::uint64_t messages, std::uint64_t recipients) const;

  private:
    struct Entry {
        Time at{};
        std::uint32_t messages = 0, recipients = 0;
    };
    Entry& entry(std::uint32_t position) { return ring_[(begin_ + position) & (ring_.size() - 1)]; }
    const Entry& entry(std::uint32_t position) const {
        return ring_[(begin_ + position) & (ring_.size() - 1)];
    }
    void make_room();
    void merge_old();

    std::vector<Entry> ring_; // a power of two
    std::uint32_t begin_ = 0, size_ = 0;
    std::array<std::uint32_t, 3> first_{}; // position of each window's first entry; of the day always 0
    std::array<Count, 3> used_{};
    Time now_{};
};

} // namespace lazaret::limits
