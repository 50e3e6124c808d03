#include "store/log_position.hpp"

#include "store/event_rows.hpp"

#include <stdexcept>

namespace lazaret::store {
namespace {

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}
std::uint64_t unsigned_of(const pqxx::field& field) {
    return static_cast<std::uint64_t>(field.as<std::int64_t>());
}

std::optional<LogPosition> read_position(pqxx::work& tx, const std::string& log, const char* lock) {
    const auto rows = tx.exec_params(
        std::string("SELECT inode, \"offset\", sequence, cursor FROM log_position WHERE log = $1 ") + lock, log);
    if (rows.empty()) return std::nullopt;
    LogPosition position;
    position.inode = unsigned_of(rows[0][0]);
    position.offset = unsigned_of(rows[0][1]);
    position.sequence = unsigned_of(rows[0][2]);
    position.cursor = read_text(rows[0][3]);
    return position;
}

/// Trace ids and numbers only: nothing that would need quoting.
template <class Items, class Text> std::string plain_array(const Items& items, Text text) {
    std::string array = "{";
    for (const auto& item : items) {
        if (array.size() > 1) array += ',';
        array += text(item);
    }
    return array + "}";
}

} // namespace

Result<std::optional<LogPosition>> load_log_position(Database& database, const std::string& log) {
    return run(database, "load the position in a log",
               [&](pqxx::work& tx) { return read_position(tx, log, ""); });
}

Result<std::vector<PendingDelivery>> load_pending(Database& database, const std::string& log) {
    return run(database, "load pending deliveries", [&](pqxx::work& tx) {
        std::vector<PendingDelivery> all;
        for (const auto& row : tx.exec_params(
                 "SELECT id, trace, seen_at, result FROM delivery_pending WHERE log = $1 ORDER BY id", log)) {
            PendingDelivery one;
            one.id = row[0].as<std::int64_t>();
            if (auto trace = TraceId::parse(row[1].c_str())) one.trace = *trace;
            one.seen_at = read_time(row[2]);
            one.result = row[3].c_str();
            all.push_back(std::move(one));
        }
        return all;
    });
}

Result<std::vector<std::int64_t>> commit_log(Database& database, const LogBatch& batch) {
    return run(database, "commit what a log says", [&](pqxx::work& tx) {
        if (read_position(tx, batch.log, "FOR UPDATE") != batch.before)
            throw std::runtime_error("somebody else reads " + batch.log);
        tx.exec_params("INSERT INTO log_position (log, inode, \"offset\", sequence, cursor) VALUES ($1, $2, $3, $4, $5)"
                       " ON CONFLICT (log) DO UPDATE SET inode = $2, \"offset\" = $3, sequence = $4, cursor = $5",
                       batch.log, number(batch.position.inode), number(batch.position.offset),
                       number(batch.position.sequence), null_if_empty(batch.position.cursor));
        if (!batch.events.empty()) {
            insert_events(tx, batch.node, batch.events);
            move_journal_position(tx, batch.node, batch.position.sequence);
        }
        if (!batch.remove.empty())
            tx.exec_params("DELETE FROM delivery_pending WHERE id = ANY ($1::bigint[])",
                           plain_array(batch.remove, [](std::int64_t id) { return std::to_string(id); }));
        std::vector<std::int64_t> ids;
        for (const PendingDelivery& one : batch.add)
            ids.push_back(tx.exec_params1("INSERT INTO delivery_pending (log, trace, seen_at, result)"
                                          " VALUES ($1, $2, $3, $4::jsonb) RETURNING id",
                                          batch.log, one.trace.to_string(), sql_time(one.seen_at),
                                          one.result)[0]
                              .as<std::int64_t>());
        return ids;
    });
}

Result<std::map<TraceId, Origin>> find_origins(Database& database, const std::vector<TraceId>& traces,
                                               Time since) {
    return run(database, "find who sent messages", [&](pqxx::work& tx) {
        std::map<TraceId, Origin> origins;
        if (traces.empty()) return origins;
        const auto rows = tx.exec_params(
            "SELECT trace, subscriber, account, host(client), at FROM event WHERE trace = ANY ($1::text[]) AND at >= $2"
            " AND type = 'message_relayed'",
            plain_array(traces, [](const TraceId& trace) { return trace.to_string(); }), sql_time(since));
        for (const auto& row : rows) {
            const auto trace = TraceId::parse(row[0].c_str());
            if (!trace) continue;
            Origin& origin = origins[*trace];
            origin.subscriber = read_text(row[1]);
            origin.account = read_text(row[2]);
            if (!row[3].is_null()) origin.client = IpAddress::parse(row[3].c_str()).value();
            origin.at = read_time(row[4]);
        }
        return origins;
    });
}

} // namespace lazaret::store
