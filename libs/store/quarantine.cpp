#include "store/quarantine.hpp"

#include "core/ids.hpp"
#include "store/quarantine_rows.hpp"

namespace lazaret::store {

const char* const quarantine_columns =
    "id, subscriber, level, scope, part, reason, cause, author, incident, token, start, expiry,"
    " released_at, released_by, release_reason";

namespace {

std::string select(const std::string& rest) {
    return std::string("SELECT ") + quarantine_columns + " FROM quarantine " + rest;
}

std::vector<QuarantineRecord> read_rows(const pqxx::result& result) {
    std::vector<QuarantineRecord> records;
    for (const auto& row : result)
        records.push_back(read_quarantine_row(row));
    return records;
}

std::optional<QuarantineRecord> read_first(const pqxx::result& result) {
    if (result.empty()) return std::nullopt;
    return read_quarantine_row(result[0]);
}

} // namespace

QuarantineRecord read_quarantine_row(const pqxx::row& row) {
    QuarantineRecord record;
    subscriber::Quarantine& q = record.quarantine;
    q.id = row["id"].as<std::int64_t>();
    q.subscriber = row["subscriber"].c_str();
    q.level = subscriber::parse_level(row["level"].c_str()).value();
    q.scope = subscriber::parse_scope(row["scope"].c_str()).value();
    q.part = row["part"].c_str();
    q.reason = row["reason"].c_str();
    q.cause = row["cause"].c_str();
    q.author = row["author"].c_str();
    q.token = row["token"].c_str();
    q.start = read_time(row["start"]);
    q.expiry = read_optional_time(row["expiry"]);
    if (!row["incident"].is_null()) record.incident = row["incident"].as<std::int64_t>();
    record.released_at = read_optional_time(row["released_at"]);
    record.released_by = read_text(row["released_by"]);
    record.release_reason = read_text(row["release_reason"]);
    return record;
}

QuarantineRecord insert_quarantine(pqxx::work& tx, const NewQuarantine& what) {
    std::optional<std::int64_t> microseconds;
    if (what.length) microseconds = what.length->count();
    auto row = tx.exec_params1(
        std::string(
            "INSERT INTO quarantine (subscriber, level, reason, cause, author, incident, token, expiry, scope, part)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::bigint * interval '1 microsecond', $9, $10) "
            "RETURNING ") +
            quarantine_columns,
        what.subscriber, std::string(subscriber::to_string(what.level)), what.reason, what.cause, what.author,
        what.incident, random_token(), microseconds, std::string(subscriber::to_string(what.scope)), what.part);
    return read_quarantine_row(row);
}

Result<std::vector<subscriber::Quarantine>> load_quarantine(Database& database) {
    return run(database, "load the quarantine list", [](pqxx::work& tx) {
        std::vector<subscriber::Quarantine> entries;
        for (const auto& row :
             tx.exec(select("WHERE released_at IS NULL AND (expiry IS NULL OR expiry > now())")))
            entries.push_back(read_quarantine_row(row).quarantine);
        return entries;
    });
}

Result<QuarantineRecord> add_quarantine(Database& database, const NewQuarantine& what) {
    return run(database, "add a quarantine", [&](pqxx::work& tx) { return insert_quarantine(tx, what); });
}

namespace {

template <class Key>
Result<std::vector<QuarantineRecord>> release(Database& database, const char* column, const Key& key,
                                              const std::string& by, const std::string& reason) {
    return run(database, "release a quarantine", [&](pqxx::work& tx) {
        return read_rows(
            tx.exec_params(std::string("UPDATE quarantine SET released_at = now(), released_by = $2,"
                                       " release_reason = $3 WHERE released_at IS NULL"
                                       " AND (expiry IS NULL OR expiry > now()) AND ") +
                               column + " = $1 RETURNING " + quarantine_columns,
                           key, by, reason));
    });
}

} // namespace

Result<std::vector<QuarantineRecord>> release_quarantine(Database& database, std::int64_t id,
                                                         const std::string& by, const std::string& reason) {
    return release(database, "id", id, by, reason);
}

Result<std::vector<QuarantineRecord>> release_subscriber(Database& database, const std::string& subscriber,
                                                         const std::string& by, const std::string& reason) {
    return release(database, "subscriber", subscriber, by, reason);
}

Result<std::vector<QuarantineRecord>> list_quarantine(Database& database, const QuarantineFilter& filter) {
    return run(database, "list the quarantine", [&](pqxx::work& tx) {
        return read_rows(tx.exec_params(
            select("WHERE ($1 = '' OR subscriber = $1)"
                   " AND (NOT $2 OR (released_at IS NULL AND (expiry IS NULL OR expiry > now())))"
                   " ORDER BY id DESC LIMIT $3"),
            filter.subscriber, filter.active_only, filter.limit));
    });
}

Result<std::optional<QuarantineRecord>> find_quarantine(Database& database, std::int64_t id) {
    return run(database, "find a quarantine",
               [&](pqxx::work& tx) { return read_first(tx.exec_params(select("WHERE id = $1"), id)); });
}

Result<std::optional<QuarantineRecord>> find_quarantine_token(Database& database, const std::string& token) {
    return run(database, "find a quarantine",
               [&](pqxx::work& tx) { return read_first(tx.exec_params(select("WHERE token = $1"), token)); });
}

} // namespace lazaret::store
