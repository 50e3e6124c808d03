#include "store/retention.hpp"

#include "store/transaction.hpp"

namespace lazaret::store {
namespace {

/// `statement` takes the time and the most that may go.
Result<bool> remove(Database& database, const char* what, const char* statement, Time before, std::size_t limit) {
    return run(database, what, [&](pqxx::work& tx) { return tx.exec_params(statement, sql_time(before), limit).affected_rows() > 0; });
}

} // namespace

Result<bool> remove_events(Database& database, Time before, std::size_t limit) {
    return run(database, "remove old events", [&](pqxx::work& tx) {
        const auto days = tx.exec_params1("SELECT drop_event_day(($1::timestamptz AT TIME ZONE 'UTC')::date)", sql_time(before))[0];
        const auto strays = tx.exec_params("DELETE FROM event_default WHERE ctid IN (SELECT ctid FROM event_default WHERE at < $1"
                                           " ORDER BY at LIMIT $2)",
                                           sql_time(before), limit);
        return days.as<int>() > 0 || strays.affected_rows() > 0;
    });
}

Result<bool> remove_notices(Database& database, Time before, std::size_t limit) {
    return remove(database, "remove old tickets",
                  "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE created_at < $1"
                  " AND (delivered_at IS NOT NULL OR dead_at IS NOT NULL) ORDER BY created_at LIMIT $2)",
                  before, limit);
}

Result<bool> remove_states(Database& database, Time before, std::size_t limit) {
    return remove(database, "remove old states",
                  "DELETE FROM engine_state WHERE subscriber IN (SELECT subscriber FROM engine_state"
                  " WHERE updated_at < $1 ORDER BY updated_at LIMIT $2)",
                  before, limit);
}

} // namespace lazaret::store
