#pragma once
// Joins lines of Postfix's log to messages: queue id -> trace -> subscriber. Knows no file and no database;
// the caller saves what it holds, so that a restart loses nothing. Bounded by the number of messages in
// Postfix's queue, at most `most`.

#include "core/hash.hpp"
#include "core/time.hpp"
#include "detect/postfix_log.hpp"
#include "event/event.hpp"
#include "store/log_position.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lazaret::engine {

class Deliveries {
  public:
    static constexpr std::size_t most = 200'000;
    static constexpr Duration patience = std::chrono::minutes(10); ///< for a message's own event to arrive
    static constexpr Duration longest_queued =
        std::chrono::hours(24 * 14); ///< then its end must have been missed

    explicit Deliveries(const KeyedHash& hash) : hash_(hash) {}

    void restore(const std::vector<store::PendingDelivery>& saved);
    /// `at`: when the line was written; `now`: when it was read.
    void take(const detect::LogLine& line, Time at, Time now);

    /// Traces whose sender is asked for, at most `limit`; another part of them at each call.
    std::vector<TraceId> wanted(std::size_t limit);
    Time oldest_wanted() const; ///< when the oldest of them began
    void resolve(const std::map<TraceId, store::Origin>& origins);

    /// What is to be committed now: finished results without sequence, and the changes of what is saved.
    struct Changes {
        std::vector<event::Event> events;
        std::vector<store::PendingDelivery> add;
        std::vector<std::int64_t> remove;
        std::uint64_t unresolved = 0; ///< events among them that found no sender
        bool empty() const { return events.empty() && add.empty() && remove.empty(); }
    };
    Changes collect(Time now);
    void saved(const std::vector<std::int64_t>& ids); ///< of Changes::add, in order
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        TraceId trace;
        Time seen_at{}; // when the line was read: patience starts there, however old the log is
        bool is_resolved = false, is_removed = false;
        store::Origin origin;
        std::vector<event::Recipient> deferred; // told about once, however often Postfix tries
        std::vector<event::Event> waiting;
        std::int64_t row = 0;
    };
    event::Recipient recipient_of(const std::string& address) const;
    void take_result(const detect::DeliveryLine& line, Time at);
    void take_expiry(const std::string& queue_id, Time at);
    void wait(const std::string& queue_id, Entry& entry, event::Event event);
    static std::string to_json(const std::string& queue_id, const Entry& entry);

    const KeyedHash& hash_;
    std::unordered_map<std::string, Entry> entries_; // by queue id
    std::set<std::string> wanted_;                   // queue ids with waiting results and no sender
    std::set<std::string> touched_;                  // queue ids changed since the last collect()
    std::vector<std::string> adding_;                // queue ids of Changes::add
    std::string asked_;                              // wanted() goes on behind this one
};

} // namespace lazaret::engine
