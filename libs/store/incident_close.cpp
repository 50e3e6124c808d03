#include "store/incident_close.hpp"

#include "store/incident_rows.hpp"
#include "store/outbox_rows.hpp"

namespace lazaret::store {

Result<std::optional<Outcome>> close_incident(Database& database, std::int64_t id, const std::string& by,
                                              const std::string& reason, const MakeNotice& notice) {
    return run(database, "close an incident", [&](pqxx::work& tx) -> std::optional<Outcome> {
        const auto rows = tx.exec_params(
            std::string("UPDATE incident SET state = 'closed', closed_at = now(), updated_at = now()"
                        " WHERE id = $1 AND state = 'open' RETURNING ") +
                incident_columns,
            id);
        if (rows.empty()) return std::nullopt;
        tx.exec_params("UPDATE quarantine SET released_at = now(), released_by = $2, release_reason = $3"
                       " WHERE incident = $1 AND released_at IS NULL AND (expiry IS NULL OR expiry > now())",
                       id, by, reason);
        Outcome outcome;
        outcome.incident = read_incident_row(rows[0]);
        outcome.subscriber = outcome.incident.subscriber;
        if (notice) {
            const Notice told = notice(outcome);
            insert_outbox(tx, told.webhook_id, id, told.type, told.body);
        }
        return outcome;
    });
}

} // namespace lazaret::store
