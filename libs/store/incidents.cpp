#include "store/incident_rows.hpp"

namespace lazaret::store {

const char* const incident_columns =
    "id, subscriber, cause, state, opened_at, updated_at, closed_at, score, threshold, summary, evidence, "
    "first_event, ticket";

IncidentRecord read_incident_row(const pqxx::row& row) {
    IncidentRecord incident;
    incident.id = row["id"].as<std::int64_t>();
    incident.subscriber = read_text(row["subscriber"]);
    incident.cause = read_text(row["cause"]);
    incident.is_open = read_text(row["state"]) == "open";
    incident.opened_at = read_time(row["opened_at"]);
    incident.updated_at = read_time(row["updated_at"]);
    incident.closed_at = read_optional_time(row["closed_at"]);
    incident.score = row["score"].as<double>();
    incident.threshold = row["threshold"].as<double>();
    incident.summary = read_text(row["summary"]);
    incident.evidence = read_text(row["evidence"]);
    incident.first_event = read_optional_time(row["first_event"]);
    incident.ticket = read_text(row["ticket"]);
    return incident;
}

Result<std::vector<IncidentRecord>> list_incidents(Database& database, const IncidentFilter& filter) {
    return run(database, "list incidents", [&](pqxx::work& tx) {
        std::vector<IncidentRecord> incidents;
        const auto rows =
            tx.exec_params(std::string("SELECT ") + incident_columns +
                               " FROM incident WHERE ($1 = '' OR subscriber = $1)"
                               " AND (state = 'open' OR NOT $2::boolean) ORDER BY id DESC LIMIT $3",
                           filter.subscriber, filter.open_only, static_cast<std::int64_t>(filter.limit));
        for (const auto& row : rows)
            incidents.push_back(read_incident_row(row));
        return incidents;
    });
}

Result<std::optional<IncidentRecord>> find_incident(Database& database, std::int64_t id) {
    return run(database, "find an incident", [&](pqxx::work& tx) -> std::optional<IncidentRecord> {
        const auto rows =
            tx.exec_params(std::string("SELECT ") + incident_columns + " FROM incident WHERE id = $1", id);
        if (rows.empty()) return std::nullopt;
        return read_incident_row(rows[0]);
    });
}

} // namespace lazaret::store
