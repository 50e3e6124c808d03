#include "store/outbox.hpp"

#include "store/outbox_rows.hpp"

#include <algorithm>

namespace lazaret::store {
namespace {

std::int64_t milliseconds(Duration length) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
}

/// What a stranger's server answered goes into a text column: no NUL, and not without end.
std::string error_text(std::string text) {
    std::erase(text, '\0');
    if (text.size() > 500) text.resize(500);
    return text;
}

} // namespace

void insert_outbox(pqxx::work& tx, const std::string& webhook_id, std::int64_t incident,
                   const std::string& type, const std::string& body, bool asks_human) {
    tx.exec_params("INSERT INTO outbox (webhook_id, incident, type, body, asks_human) VALUES ($1, $2, $3, $4::jsonb, $5)",
                   webhook_id, incident, type, body, asks_human);
}

Result<std::vector<OutboxMessage>> claim_outbox(Database& database, std::size_t limit, Duration lease) {
    return run(database, "claim outbox messages", [&](pqxx::work& tx) {
        const auto rows = tx.exec_params(
            "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = now() + $2 * interval '1 "
            "millisecond'"
            " WHERE id IN (SELECT id FROM outbox o WHERE delivered_at IS NULL AND dead_at IS NULL"
            "   AND next_attempt_at <= now()"
            "   AND NOT EXISTS (SELECT FROM outbox earlier WHERE earlier.incident = o.incident AND "
            "earlier.id < o.id"
            "     AND earlier.delivered_at IS NULL AND earlier.dead_at IS NULL)"
            "   ORDER BY next_attempt_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, webhook_id, incident, type, body, created_at, attempts",
            static_cast<std::int64_t>(limit), milliseconds(lease));
        std::vector<OutboxMessage> messages;
        for (const auto& row : rows) {
            OutboxMessage message;
            message.id = row["id"].as<std::int64_t>();
            message.webhook_id = read_text(row["webhook_id"]);
            message.incident = row["incident"].as<std::int64_t>();
            message.type = read_text(row["type"]);
            message.body = read_text(row["body"]);
            message.created_at = read_time(row["created_at"]);
            message.attempts = row["attempts"].as<int>();
            messages.push_back(std::move(message));
        }
        std::sort(messages.begin(), messages.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        return messages;
    });
}

Result<void> outbox_delivered(Database& database, std::int64_t id, const std::string& ticket) {
    return run(database, "mark a webhook delivered", [&](pqxx::work& tx) {
        tx.exec_params("UPDATE outbox SET delivered_at = now(), last_error = NULL WHERE id = $1", id);
        if (ticket.empty()) return;
        // The first answer names the ticket; later ones are notes in it.
        tx.exec_params("UPDATE incident SET ticket = $2 WHERE ticket IS NULL AND id = (SELECT incident FROM outbox WHERE id = $1)",
                       id, ticket);
    });
}

Result<void> outbox_failed(Database& database, std::int64_t id, const std::string& error, Duration wait) {
    return run(database, "note a failed webhook", [&](pqxx::work& tx) {
        tx.exec_params(
            "UPDATE outbox SET last_error = $2, next_attempt_at = now() + $3 * interval '1 millisecond'"
            " WHERE id = $1",
            id, error_text(error), milliseconds(wait));
    });
}

Result<void> outbox_dead(Database& database, std::int64_t id, const std::string& error) {
    return run(database, "give up a webhook", [&](pqxx::work& tx) {
        tx.exec_params("UPDATE outbox SET last_error = $2, dead_at = now() WHERE id = $1", id,
                       error_text(error));
    });
}

Result<OutboxDepth> outbox_depth(Database& database) {
    return run(database, "measure the outbox", [&](pqxx::work& tx) {
        const auto row = tx.exec1("SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0),"
                                  " extract(epoch FROM min(next_attempt_at) - now())"
                                  " FROM outbox WHERE delivered_at IS NULL AND dead_at IS NULL");
        OutboxDepth depth;
        depth.pending = row[0].as<std::uint64_t>();
        depth.oldest_seconds = std::max(row[1].as<double>(), 0.0);
        if (!row[2].is_null()) depth.due_in_seconds = std::max(row[2].as<double>(), 0.0);
        return depth;
    });
}

} // namespace lazaret::store
