#include "limits/record.hpp"

#include "limits/limiter.hpp"

#include <algorithm>
#include <limits>

namespace lazaret::limits {
namespace {

/// What merged entries may span: by the shortest window that still counts them.
constexpr std::array<Duration, 3> grains{std::chrono::seconds(1), std::chrono::seconds(30),
                                         std::chrono::minutes(10)};
constexpr Duration clock_jitter = std::chrono::seconds(1);
constexpr std::size_t first_ring = 4;

} // namespace

void History::advance(Time now) {
    if (now < now_ - clock_jitter) {
        for (std::uint32_t i = 0; i < size_; ++i)
            entry(i).at = std::min(entry(i).at, now);
        now_ = now;
    }
    now_ = std::max(now_, now);
    for (std::size_t window = 0; window < window_lengths.size(); ++window) {
        const Time oldest = now_ - window_lengths[window];
        auto& first = first_[window];
        while (first < size_ && entry(first).at <= oldest) {
            used_[window].messages -= entry(first).messages;
            used_[window].recipients -= entry(first).recipients;
            ++first;
        }
    }
    // What has left the day has left all.
    const std::uint32_t gone = first_[2];
    if (gone == 0) return;
    begin_ = (begin_ + gone) & static_cast<std::uint32_t>(ring_.size() - 1);
    size_ -= gone;
    for (auto& first : first_)
        first -= gone;
}

void History::add(std::uint32_t messages, std::uint32_t recipients) {
    for (auto& count : used_) {
        count.messages += messages;
        count.recipients += recipients;
    }
    if (size_ != 0 && entry(size_ - 1).at == now_ && first_[0] < size_) {
        Entry& last = entry(size_ - 1);
        last.messages += messages;
        last.recipients += recipients;
        return;
    }
    if (size_ == ring_.size()) make_room();
    ++size_;
    Entry& last = entry(size_ - 1);
    last.at = now_;
    last.messages = messages;
    last.recipients = recipients;
}

void History::make_room() {
    if (size_ == Limiter::max_entries) {
        merge_old();
        if (size_ < Limiter::max_entries) return;
    }
    std::vector<Entry> larger(std::max(first_ring, ring_.size() * 2));
    for (std::uint32_t i = 0; i < size_; ++i)
        larger[i] = entry(i);
    ring_ = std::move(larger);
    begin_ = 0;
}

void History::merge_old() {
    // Neighbours of one grain become one entry of the later one's time. At most 61 + 119 + 139 remain. Never
    // across the first entry of a window, so that each sum is still the sum of the entries from there on.
    std::uint32_t kept = 0;
    auto first = first_;
    Duration::rep group = std::numeric_limits<Duration::rep>::min();
    for (std::uint32_t i = 0; i < size_; ++i) {
        const Entry old = entry(i);
        const std::size_t window = i >= first_[0] ? 0 : i >= first_[1] ? 1 : 2;
        const auto grain = old.at.time_since_epoch() / grains[window];
        const bool starts_window = i == first_[0] || i == first_[1];
        if (i == first_[0]) first[0] = kept;
        if (i == first_[1]) first[1] = kept;
        if (kept != 0 && grain == group && !starts_window) {
            Entry& last = entry(kept - 1);
            last.at = old.at;
            last.messages += old.messages;
            last.recipients += old.recipients;
        } else {
            entry(kept++) = old;
        }
        group = grain;
    }
    for (std::size_t window = 0; window < first_.size(); ++window)
        if (first_[window] == size_) first[window] = kept; // none left in it
    first_ = first;
    size_ = kept;
}

Duration History::until_freed(std::size_t window, std::uint64_t messages, std::uint64_t recipients) const {
    Count freed;
    for (std::uint32_t i = first_[window]; i < size_; ++i) {
        freed.messages += entry(i).messages;
        freed.recipients += entry(i).recipients;
        if (freed.messages >= messages && freed.recipients >= recipients)
            return entry(i).at + window_lengths[window] - now_;
    }
    return window_lengths[window];
}

} // namespace lazaret::limits
