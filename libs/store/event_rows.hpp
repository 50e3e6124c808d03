#pragma once
// Inside libs/store only: events as part of a larger transaction.

#include "store/events.hpp"
#include "store/transaction.hpp"

#include <string>
#include <vector>

namespace lazaret::store {

/// COPY through a temporary table, once per transaction; makes partitions for the events' days. Rows that
/// exist stay as they are. Text that PostgreSQL cannot hold (NUL, broken UTF-8) is cleaned. Throws on a
/// database error.
void insert_events(pqxx::work& tx, const std::string& node, const std::vector<event::Event>& events);
/// Never moves back.
void move_journal_position(pqxx::work& tx, const std::string& node, std::uint64_t sequence);

extern const char* const event_columns;
event::Event read_event_row(const pqxx::row& row); ///< columns as in event_columns, by name

} // namespace lazaret::store
