#include "limits/limiter.hpp"

#include "limits/record.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>

namespace lazaret::limits {
namespace {

constexpr Duration shortest_retry = std::chrono::seconds(1);
constexpr int swept_per_shard = 256;

constexpr std::array<std::string_view, 6> limit_names{"messages_per_minute", "messages_per_hour",
                                                      "messages_per_day",    "recipients_per_minute",
                                                      "recipients_per_hour", "recipients_per_day"};

using Maxima = std::array<std::optional<std::uint32_t>, 3>;
Maxima maxima(const subscriber::WindowLimits& limits) {
    return {limits.per_minute, limits.per_hour, limits.per_day};
}

/// What would have to leave a window for `wanted` to fit; 0 = it fits.
std::uint64_t excess_of(std::optional<std::uint32_t> max, std::uint64_t used, std::uint64_t pending,
                        std::uint64_t wanted) {
    if (!max || wanted == 0 || used + pending + wanted <= *max) return 0;
    return used + pending + wanted - *max;
}

} // namespace

struct Record {
    History history;
    std::uint32_t pending_messages = 0, pending_recipients = 0;
    std::uint32_t holders = 0; // reservations that point here
    Time last_used{};
    std::list<std::string_view>::iterator place; // in Shard::by_use; names this record's key
};

struct alignas(64) Shard {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    mutable std::mutex mutex;
    std::unordered_map<std::string, Record, Hash, std::equal_to<>>
        records;                        // nodes: a reservation points to its record
    std::list<std::string_view> by_use; // least recently used first

    void touch(Record& record, Time now) {
        record.last_used = now;
        by_use.splice(by_use.end(), by_use, record.place);
    }

    void forget(decltype(records)::iterator found) {
        by_use.erase(found->second.place);
        records.erase(found);
    }

    Record& find_or_make(std::string_view key, std::size_t max_keys) {
        if (const auto found = records.find(key); found != records.end()) return found->second;
        if (records.size() >= max_keys) {
            const auto oldest = records.find(by_use.front());
            if (oldest->second.pending_messages == 0 && oldest->second.pending_recipients == 0)
                forget(oldest);
        }
        const auto made = records.try_emplace(std::string(key)).first;
        made->second.place = by_use.insert(by_use.end(), std::string_view(made->first));
        return made->second;
    }
};

namespace {

/// The limit that stands in the way for longest, of all six.
Decision check(const Record& record, const subscriber::Plan& plan, std::uint32_t messages,
               std::uint32_t recipients) {
    const Maxima of_messages = maxima(plan.messages), of_recipients = maxima(plan.recipients);
    Decision out;
    const auto blocked_by = [&](std::size_t name, Duration wait) {
        wait = std::max(wait, shortest_retry);
        if (!out.allowed && wait <= out.retry_after) return;
        out.allowed = false;
        out.limit = limit_names[name];
        out.retry_after = wait;
    };
    for (std::size_t window = 0; window < 3; ++window) {
        const Count& used = record.history.used(window);
        // Pending ones may end any moment, either way: only what was relayed has to be waited for.
        if (const auto over =
                excess_of(of_messages[window], used.messages, record.pending_messages, messages))
            blocked_by(window, record.history.until_freed(window, std::min(over, used.messages), 0));
        if (const auto over =
                excess_of(of_recipients[window], used.recipients, record.pending_recipients, recipients))
            blocked_by(3 + window, record.history.until_freed(window, 0, std::min(over, used.recipients)));
    }
    return out;
}

} // namespace

Limiter::Limiter(unsigned shards, std::size_t max_keys)
    : shard_count_(std::max(1u, shards)),
      max_keys_per_shard_(std::max<std::size_t>(1, max_keys / shard_count_)) {
    shards_ = std::make_unique<Shard[]>(shard_count_);
}

Limiter::~Limiter() = default;

Shard& Limiter::shard_of(std::string_view key) const {
    if (key.empty()) throw std::invalid_argument("Limiter: a limit needs a key");
    // The map uses the same hash modulo a prime; mixing keeps the two choices apart.
    const std::uint64_t mixed = std::hash<std::string_view>{}(key)*0x9e3779b97f4a7c15u;
    return shards_[(mixed >> 32) % shard_count_];
}

Decision Limiter::reserve(std::string_view key, const subscriber::Plan& plan, std::uint32_t messages,
                          std::uint32_t recipients, Time now, Excess excess) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    Record& record = shard.find_or_make(key, max_keys_per_shard_);
    shard.touch(record, now);
    record.history.advance(now);
    Decision out = check(record, plan, messages, recipients);
    if (out.allowed || excess == Excess::pass) {
        record.pending_messages += messages;
        record.pending_recipients += recipients;
        ++record.holders;
        out.reservation = Reservation(&shard, &record, messages, recipients);
    }
    return out;
}

Decision Limiter::extend(Reservation& reservation, const subscriber::Plan& plan, std::uint32_t recipients,
                         Time now, Excess excess) {
    if (reservation.empty()) throw std::invalid_argument("Limiter::extend: nothing is reserved");
    Record& record = *reservation.record_;
    std::lock_guard lock(reservation.shard_->mutex);
    record.history.advance(now);
    Decision out = check(record, plan, 0, recipients);
    if (out.allowed || excess == Excess::pass) {
        record.pending_recipients += recipients;
        reservation.recipients_ += recipients;
    }
    return out;
}

Usage Limiter::usage(std::string_view key, const subscriber::Plan& plan, Time now) const {
    Usage out;
    const Maxima of_messages = maxima(plan.messages), of_recipients = maxima(plan.recipients);
    for (std::size_t window = 0; window < 3; ++window) {
        out.windows[window] = {limit_names[window], 0, of_messages[window]};
        out.windows[3 + window] = {limit_names[3 + window], 0, of_recipients[window]};
    }
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.records.find(key);
    if (found == shard.records.end()) return out;
    Record& record = found->second;
    record.history.advance(now);
    for (std::size_t window = 0; window < 3; ++window) {
        out.windows[window].used = record.history.used(window).messages;
        out.windows[3 + window].used = record.history.used(window).recipients;
    }
    out.pending_messages = record.pending_messages;
    out.pending_recipients = record.pending_recipients;
    return out;
}

void Limiter::sweep(Time now) {
    for (unsigned i = 0; i < shard_count_; ++i) {
        Shard& shard = shards_[i];
        std::lock_guard lock(shard.mutex);
        for (int n = 0; n < swept_per_shard && !shard.by_use.empty(); ++n) {
            const auto oldest = shard.records.find(shard.by_use.front());
            Record& record = oldest->second;
            // Set back by a day or more, the clock says nothing about what is idle: such keys go to the end
            // of the line.
            if (record.last_used > now + window_lengths[2]) {
                shard.touch(record, now);
                continue;
            }
            if (now - record.last_used < window_lengths[2]) break; // all others were used later
            record.history.advance(now);
            if (record.holders != 0 || !record.history.empty())
                shard.touch(record, now);
            else
                shard.forget(oldest);
        }
    }
}

std::size_t Limiter::keys() const {
    std::size_t total = 0;
    for (unsigned i = 0; i < shard_count_; ++i) {
        std::lock_guard lock(shards_[i].mutex);
        total += shards_[i].records.size();
    }
    return total;
}

Reservation::Reservation(Reservation&& other) noexcept
    : shard_(std::exchange(other.shard_, nullptr)), record_(std::exchange(other.record_, nullptr)),
      messages_(std::exchange(other.messages_, 0)), recipients_(std::exchange(other.recipients_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    shard_ = std::exchange(other.shard_, nullptr);
    record_ = std::exchange(other.record_, nullptr);
    messages_ = std::exchange(other.messages_, 0);
    recipients_ = std::exchange(other.recipients_, 0);
    return *this;
}

void Reservation::release_recipients(std::uint32_t count) {
    if (!record_) return;
    count = std::min(count, recipients_);
    std::lock_guard lock(shard_->mutex);
    record_->pending_recipients -= count;
    recipients_ -= count;
}

void Reservation::commit(Time now) {
    if (!record_) return;
    std::lock_guard lock(shard_->mutex);
    record_->history.advance(now);
    record_->history.add(messages_, recipients_);
    shard_->touch(*record_, now);
    leave();
}

void Reservation::give_back() {
    if (!record_) return;
    std::lock_guard lock(shard_->mutex);
    leave();
}

void Reservation::leave() {
    record_->pending_messages -= messages_;
    record_->pending_recipients -= recipients_;
    --record_->holders;
    record_ = nullptr;
    messages_ = recipients_ = 0;
}

} // namespace lazaret::limits
