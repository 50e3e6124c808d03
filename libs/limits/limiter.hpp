#pragma once
// How much a subscriber may send: messages and recipients per minute, hour and day, all six binding at once.
//
// The promise: no window of a minute, an hour or a day, wherever it begins, holds more than the plan allows,
// however many sessions run side by side; and nothing is refused while less than the limit was used in the
// window that ends now.
//
// Why not GCRA: it keeps one timestamp and lets a burst of the limit go at once, then refills at the mean
// rate, so that a window can hold nearly twice the limit; with a smaller burst it refuses a sender who is far
// below the limit. Fixed windows pass twice the limit at their seam. So each key has a log of what was
// relayed, one entry per message, with a running sum per window: exact. Only who has more than `max_entries`
// entries in a day gets neighbours merged, under the later one's time: the sums stay upper bounds, and an
// entry leaves at most 1 s (minute), 30 s (hour) or 10 min (day) late. Memory per key is thereby at most 8
// KiB.
//
// Use in a transaction: reserve() at the first accepted RCPT (one message, one recipient), extend() at each
// further one, Reservation::commit() once the next hop has taken the message. A reservation that is destroyed
// before gives all back (RSET, refusal, disconnect). What is reserved counts as used, so parallel sessions
// cannot overshoot.

#include "core/time.hpp"
#include "subscriber/model.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace lazaret::limits {

struct Shard; // limiter.cpp
struct Record;

/// What one transaction holds back. Move-only, one thread at a time; must not outlive its Limiter.
class Reservation {
  public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept;
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { give_back(); }

    bool empty() const { return !record_; }
    std::uint32_t messages() const { return messages_; }
    std::uint32_t recipients() const { return recipients_; }
    /// The next hop refused a recipient: gives `count` back, at most what is held.
    void release_recipients(std::uint32_t count = 1);
    void release_recipient() { release_recipients(1); }
    /// The message was relayed: what is held counts from now on. Empty afterwards.
    void commit(Time now);
    /// Nothing was relayed. Empty afterwards.
    void give_back();

  private:
    friend class Limiter;
    Reservation(Shard* shard, Record* record, std::uint32_t messages, std::uint32_t recipients)
        : shard_(shard), record_(record), messages_(messages), recipients_(recipients) {}
    void leave(); // under the shard's lock
    Shard* shard_ = nullptr;
    Record* record_ = nullptr;
    std::uint32_t messages_ = 0, recipients_ = 0;
};

struct Decision {
    bool allowed = true;
    std::string_view limit;  ///< refused: "recipients_per_hour" and the like, static text
    Duration retry_after{};  ///< refused: when as much will fit at the earliest; 1 s at least
    Reservation reservation; ///< empty when refused, and from extend()
};

/// What happens to an excess: `pass` is the mode "warn": told in the decision, reserved and counted all the
/// same.
enum class Excess { refuse, pass };

/// For `lazaret explain` and metrics. Order: messages then recipients, minute then hour then day.
struct Usage {
    struct Window {
        std::string_view limit;           ///< name, as in Decision
        std::uint64_t used = 0;           ///< relayed within the window, without what is pending
        std::optional<std::uint32_t> max; ///< of the plan
    };
    std::array<Window, 6> windows;
    std::uint32_t pending_messages = 0, pending_recipients = 0;
};

/// All keys of this node. Any thread may call; locks are per shard and held for well under a microsecond.
class Limiter {
  public:
    static constexpr std::size_t max_entries = 512;
    /// Beyond `max_keys` the key unused for longest is forgotten (callers key addresses of IPv6 by /64).
    explicit Limiter(unsigned shards = 64, std::size_t max_keys = 4'000'000);
    ~Limiter();
    Limiter(const Limiter&) = delete;
    Limiter& operator=(const Limiter&) = delete;

    /// `key` is the subscriber; an empty one is a bug and throws std::invalid_argument. The plan is no part
    /// of the key: a changed plan finds the history as it is. A clock that goes back never frees anything
    /// early.
    Decision reserve(std::string_view key, const subscriber::Plan& plan, std::uint32_t messages,
                     std::uint32_t recipients, Time now, Excess excess = Excess::refuse);
    /// More recipients for the same transaction; refused, the reservation stays as it was.
    Decision extend(Reservation& reservation, const subscriber::Plan& plan, std::uint32_t recipients,
                    Time now, Excess excess = Excess::refuse);
    Usage usage(std::string_view key, const subscriber::Plan& plan, Time now) const;

    /// Forgets keys that sent nothing for a day: a bounded piece of work; call it about once a second.
    void sweep(Time now);
    std::size_t keys() const;

  private:
    Shard& shard_of(std::string_view key) const;
    std::unique_ptr<Shard[]> shards_;
    unsigned shard_count_;
    std::size_t max_keys_per_shard_;
};

} // namespace lazaret::limits
