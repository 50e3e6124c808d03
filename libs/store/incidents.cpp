#include "store/incident_rows.hpp"

#include <nlohmann/json.hpp>

namespace lazaret::store {

const char* const incident_columns =
    "id, subscriber, cause, state, opened_at, updated_at, closed_at, score, threshold, summary, evidence, "
    "first_event, ticket, (SELECT count(*) FROM incident_member WHERE incident = id) AS member_count, "
    "(SELECT json_agg(m.subscriber) FROM (SELECT subscriber FROM incident_member WHERE incident = id "
    "ORDER BY joined_at, subscriber LIMIT 200) m) AS members";

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
    if (!row["members"].is_null()) {
        incident.member_count = row["member_count"].as<std::size_t>();
        incident.members = nlohmann::json::parse(row["members"].c_str()).get<std::vector<std::string>>();
    } else {
        incident.members = {incident.subscriber};
    }
    return incident;
}

Result<std::vector<IncidentRecord>> list_incidents(Database& database, const IncidentFilter& filter) {
    return run(database, "list incidents", [&](pqxx::work& tx) {
        std::vector<IncidentRecord> incidents;
        const auto rows =
            tx.exec_params(std::string("SELECT ") + incident_columns +
                               " FROM incident WHERE ($1 = '' OR id IN (SELECT incident FROM incident_member m"
                               " WHERE m.subscriber = $1))"
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

namespace {

IncidentMember read_member(const pqxx::row& row) {
    IncidentMember member;
    member.subscriber = row[0].c_str();
    member.summary = row[1].c_str();
    member.joined_at = read_time(row[2]);
    member.score = row[3].as<double>();
    member.evidence = row[4].c_str();
    return member;
}

} // namespace

Result<std::vector<IncidentMember>> list_members(Database& database, std::int64_t incident, std::size_t limit) {
    return run(database, "list an incident's subscribers", [&](pqxx::work& tx) {
        std::vector<IncidentMember> members;
        for (const auto& row : tx.exec_params("SELECT subscriber, summary, joined_at, score, evidence FROM incident_member"
                                              " WHERE incident = $1 ORDER BY joined_at, subscriber LIMIT $2",
                                              incident, static_cast<std::int64_t>(limit)))
            members.push_back(read_member(row));
        return members;
    });
}

Result<std::optional<IncidentMember>> find_member(Database& database, std::int64_t incident, const std::string& subscriber) {
    return run(database, "find an incident's subscriber", [&](pqxx::work& tx) -> std::optional<IncidentMember> {
        const auto rows = tx.exec_params("SELECT subscriber, summary, joined_at, score, evidence FROM incident_member"
                                         " WHERE incident = $1 AND subscriber = $2",
                                         incident, subscriber);
        if (rows.empty()) return std::nullopt;
        return read_member(rows[0]);
    });
}

} // namespace lazaret::store
