#include "store/exhibit_rows.hpp"

#include "core/text.hpp"

#include <nlohmann/json.hpp>

namespace lazaret::store {

namespace {

std::optional<std::string> bytea(const std::string& octets) {
    if (octets.empty()) return std::nullopt;
    return "\\x" + hex_encode(octets);
}

ExhibitRecord read_row(const pqxx::row& row) {
    ExhibitRecord record;
    record.node = row["node"].c_str();
    record.trace = row["trace"].c_str();
    record.subscriber = row["subscriber"].c_str();
    record.at = read_time(row["at"]);
    record.exhibit.header = row["header"].c_str();
    record.exhibit.excerpt = row["excerpt"].c_str();
    if (!row["original"].is_null()) record.exhibit.original = hex_decode(row["original"].c_str()).value();
    if (row["type"].is_null()) return record;
    record.type = event::parse_type(row["type"].c_str()).value();
    record.reply_code = row["reply_code"].as<int>();
    record.reason = read_text(row["reason"]);
    if (!row["findings"].is_null())
        record.findings = nlohmann::json::parse(row["findings"].c_str()).get<std::vector<std::string>>();
    return record;
}

} // namespace

void insert_exhibits(pqxx::work& tx, const std::string& node, const std::vector<event::Event>& events) {
    for (const auto& e : events) { // few: the nodes bound them by the hour
        if (!e.exhibit) continue;
        tx.exec_params("INSERT INTO exhibit (node, sequence, at, trace, subscriber, header, excerpt, original)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bytea) ON CONFLICT DO NOTHING",
                       node, static_cast<std::int64_t>(e.sequence), sql_time(e.at), e.trace.to_string(), e.subscriber,
                       e.exhibit->header, e.exhibit->excerpt, bytea(e.exhibit->original));
    }
}

std::vector<ExhibitRecord> find_exhibits(pqxx::work& tx, const ExhibitFilter& filter) {
    const auto rows = tx.exec_params(
        "SELECT x.node, x.trace, x.subscriber, x.at, header, excerpt,"
        " CASE WHEN $4 THEN encode(original, 'hex') END AS original, e.type, e.reply_code, e.reason,"
        " to_json(e.findings) AS findings"
        " FROM exhibit x LEFT JOIN event e ON e.node = x.node AND e.sequence = x.sequence AND e.at = x.at"
        " WHERE ($1 = '' OR x.subscriber = $1) AND ($2 = '' OR x.trace = $2) ORDER BY x.at DESC, x.sequence DESC LIMIT $3",
        filter.subscriber, filter.trace, filter.limit, filter.with_original);
    std::vector<ExhibitRecord> records;
    for (const auto& row : rows)
        records.push_back(read_row(row));
    return records;
}

Result<std::vector<ExhibitRecord>> list_exhibits(Database& database, const ExhibitFilter& filter) {
    return run(database, "list exhibits", [&](pqxx::work& tx) { return find_exhibits(tx, filter); });
}

Result<std::uint64_t> remove_exhibits(Database& database, Time before, std::size_t limit) {
    return run(database, "remove old exhibits", [&](pqxx::work& tx) -> std::uint64_t {
        const auto gone = tx.exec_params("DELETE FROM exhibit WHERE (node, sequence, at) IN"
                                         " (SELECT node, sequence, at FROM exhibit WHERE at < $1 ORDER BY at LIMIT $2)",
                                         sql_time(before), limit);
        return static_cast<std::uint64_t>(gone.affected_rows());
    });
}

} // namespace lazaret::store
