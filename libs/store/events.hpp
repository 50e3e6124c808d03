#pragma once
// Events in PostgreSQL: in order for the engine, summed up for people.

#include "event/event.hpp"
#include "store/database.hpp"
#include "store/shards.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

/// Nodes that have shipped events, with the last sequence that is complete here.
struct NodePosition {
    std::string node;
    std::uint64_t sequence = 0;
};
Result<std::vector<NodePosition>> nodes(Database& database);
/// Of one node and these shards (shards.hpp), in order of sequence, after the given one and up to the other.
Result<std::vector<event::Event>> read_events(Database& database, const std::string& node, const Shards& shards,
                                              std::uint64_t after, std::uint64_t upto, std::size_t limit);
/// When the first event of a node after this sequence happened; nullopt where there is none.
Result<std::optional<Time>> next_event_at(Database& database, const std::string& node, std::uint64_t after);
/// Writes events that come from elsewhere than a journal (a Postfix log): their sequences are the caller's, a
/// repeat changes nothing. Makes partitions as needed and moves journal_position of `node` in the same
/// transaction. Part of a larger transaction: insert_events (event_rows.hpp).
Result<void> write_events(Database& database, const std::string& node,
                          const std::vector<event::Event>& events);

struct EventFilter {
    std::string subscriber; ///< "" = all
    std::string trace;      ///< "" = all
    std::optional<event::Type> type;
    std::optional<Time> since, until; ///< until is exclusive
    std::size_t limit = 100;
};
struct StoredEvent {
    std::string node;
    event::Event event;
};
/// Newest first.
Result<std::vector<StoredEvent>> list_events(Database& database, const EventFilter& filter);

/// What was seen of a subscriber, counted.
struct EventCount {
    event::Type type{};
    event::RefusedBy refused_by{};
    event::DeliveryStatus delivery{};
    std::string reason;
    std::uint64_t events = 0;
    std::uint64_t recipients = 0;
    Time first{}, last{};
};
/// Largest first.
Result<std::vector<EventCount>> count_events(Database& database, const std::string& subscriber, Time since);

} // namespace lazaret::store
