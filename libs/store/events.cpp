#include "store/events.hpp"

#include "log/log.hpp"
#include "store/engine_rows.hpp"
#include "store/event_rows.hpp"

#include <algorithm>

namespace lazaret::store {

Result<std::vector<NodePosition>> nodes(Database& database) {
    return run(database, "list the nodes", [](pqxx::work& tx) {
        std::vector<NodePosition> positions;
        for (const auto& row : tx.exec("SELECT node, sequence FROM journal_position ORDER BY node"))
            positions.push_back({row[0].c_str(), static_cast<std::uint64_t>(row[1].as<std::int64_t>())});
        return positions;
    });
}

Result<std::vector<event::Event>> read_events(Database& database, const std::string& node, const Shards& shards,
                                              std::uint64_t after, std::uint64_t upto, std::size_t limit) {
    return run(database, "read events", [&](pqxx::work& tx) {
        std::vector<event::Event> events;
        auto at = static_cast<std::int64_t>(after);
        std::optional<std::string> numbers; // not asked about where it is all of them
        if (shards.size() < static_cast<std::size_t>(shard_count)) numbers = int_array(shards);
        while (events.size() < limit) { // again where rows were skipped: fewer than `limit` means all
            const auto wanted = limit - events.size();
            const auto result =
                tx.exec_params(std::string("SELECT ") + event_columns +
                                   " FROM event WHERE node = $1 AND sequence > $2 AND sequence <= $3"
                                   " AND ($4::smallint[] IS NULL OR shard_of(subscriber) = ANY ($4::smallint[]))"
                                   " ORDER BY sequence LIMIT $5",
                               node, at, static_cast<std::int64_t>(upto), numbers, wanted);
            for (const auto& row : result) {
                at = row["sequence"].as<std::int64_t>();
                try {
                    events.push_back(read_event_row(row));
                } catch (const std::exception& error) { // from a newer version or by hand
                    log::error("event_row_unreadable", "an event in the database cannot be read and is skipped",
                               {{"node", node}, {"sequence", at}, {"error", error.what()}});
                }
            }
            if (static_cast<std::size_t>(result.size()) < wanted) break;
        }
        return events;
    });
}

Result<std::optional<Time>> next_event_at(Database& database, const std::string& node, std::uint64_t after) {
    return run(database, "look for the next event", [&](pqxx::work& tx) -> std::optional<Time> {
        const auto rows = tx.exec_params("SELECT at FROM event WHERE node = $1 AND sequence > $2 ORDER BY sequence LIMIT 1", node,
                                         static_cast<std::int64_t>(after));
        if (rows.empty()) return std::nullopt;
        return read_time(rows[0][0]);
    });
}

Result<void> write_events(Database& database, const std::string& node,
                          const std::vector<event::Event>& events) {
    return run(database, "write events", [&](pqxx::work& tx) {
        insert_events(tx, node, events);
        std::uint64_t last = 0;
        for (const auto& e : events)
            last = std::max(last, e.sequence);
        if (last > 0) move_journal_position(tx, node, last);
    });
}

Result<std::vector<StoredEvent>> list_events(Database& database, const EventFilter& filter) {
    return run(database, "list events", [&](pqxx::work& tx) {
        std::optional<std::string> type;
        if (filter.type) type = std::string(event::to_string(*filter.type));
        auto result = tx.exec_params(
            std::string("SELECT ") + event_columns +
                " FROM event WHERE ($1 = '' OR subscriber = $1) AND ($2 = '' OR trace = $2)"
                " AND ($3::text IS NULL OR type = $3) AND ($4::timestamptz IS NULL OR at >= $4)"
                " AND ($5::timestamptz IS NULL OR at < $5) ORDER BY at DESC, sequence DESC LIMIT $6",
            filter.subscriber, filter.trace, type, sql_time(filter.since), sql_time(filter.until),
            filter.limit);
        std::vector<StoredEvent> events;
        for (const auto& row : result) {
            StoredEvent stored;
            stored.node = row["node"].c_str();
            stored.event = read_event_row(row);
            events.push_back(std::move(stored));
        }
        return events;
    });
}

Result<std::vector<EventCount>> count_events(Database& database, const std::string& subscriber, Time since) {
    return run(database, "count events", [&](pqxx::work& tx) {
        std::vector<EventCount> counts;
        auto result = tx.exec_params(
            "SELECT type, refused_by, delivery, coalesce(reason, '') AS reason, count(*) AS events,"
            " sum(coalesce(jsonb_array_length(recipients), 0) + recipients_refused) AS recipients,"
            " min(at) AS first, max(at) AS last FROM event WHERE subscriber = $1 AND at >= $2"
            " GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT 1000",
            subscriber, sql_time(since));
        for (const auto& row : result) {
            EventCount counted;
            counted.type = event::parse_type(row["type"].c_str()).value();
            counted.refused_by = event::parse_refused_by(row["refused_by"].c_str()).value();
            counted.delivery = event::parse_delivery_status(row["delivery"].c_str()).value();
            counted.reason = row["reason"].c_str();
            counted.events = row["events"].as<std::uint64_t>();
            counted.recipients = row["recipients"].as<std::uint64_t>();
            counted.first = read_time(row["first"]);
            counted.last = read_time(row["last"]);
            counts.push_back(std::move(counted));
        }
        return counts;
    });
}

} // namespace lazaret::store
