#include "store/engine_campaigns.hpp"

#include "store/campaign_rows.hpp"

#include <algorithm>
#include <tuple>

namespace lazaret::store {
namespace {

const char* const columns =
    "fingerprint, day, senders, spreaders, convicted, failed, results, kind, many_senders, many_spreaders";

std::uint64_t bits(const pqxx::field& field) {
    return static_cast<std::uint64_t>(field.as<std::int64_t>());
}

CampaignRow read_row(const pqxx::row& row) {
    CampaignRow out;
    out.fingerprint = bits(row[0]);
    out.day = row[1].as<std::int32_t>();
    out.senders = bits(row[2]);
    out.spreaders = bits(row[3]);
    out.convicted = bits(row[4]);
    out.failed = row[5].as<double>();
    out.results = row[6].as<double>();
    out.kind = row[7].as<int>();
    out.many_senders = bits(row[8]);
    out.many_spreaders = bits(row[9]);
    return out;
}

} // namespace

std::vector<CampaignRow> add_to_campaigns(pqxx::work& tx, std::vector<CampaignRow> changes) {
    // Always in one order, since other engines change the same rows.
    std::sort(changes.begin(), changes.end(), [](const CampaignRow& a, const CampaignRow& b) {
        return std::tie(a.fingerprint, a.day) < std::tie(b.fingerprint, b.day);
    });
    std::vector<CampaignRow> totals;
    totals.reserve(changes.size());
    for (const auto& one : changes)
        totals.push_back(read_row(tx.exec_params1(
            std::string("INSERT INTO engine_campaign AS c (") + columns +
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (fingerprint, day) DO UPDATE SET"
                " senders = c.senders | excluded.senders, spreaders = c.spreaders | excluded.spreaders,"
                " convicted = c.convicted | excluded.convicted, failed = c.failed + excluded.failed,"
                " results = c.results + excluded.results, many_senders = c.many_senders | excluded.many_senders,"
                " many_spreaders = c.many_spreaders | excluded.many_spreaders, updated_at = now() RETURNING " +
                columns,
            sql_hash(one.fingerprint), one.day, sql_hash(one.senders), sql_hash(one.spreaders), sql_hash(one.convicted), one.failed,
            one.results, one.kind, sql_hash(one.many_senders), sql_hash(one.many_spreaders))));
    return totals;
}

Result<CampaignChanges> load_campaigns(Database& database, Time since) {
    return run(database, "load what several subscribers send", [&](pqxx::work& tx) {
        CampaignChanges changes;
        // updated_at is the begin of a transaction, which may have ended since: hence from a little earlier.
        const auto rows = tx.exec_params(std::string("SELECT ") + columns +
                                             ", now() AS asked FROM engine_campaign WHERE updated_at > $1::timestamptz -"
                                             " interval '10 seconds' AND updated_at > now() - interval '3 days'"
                                             " ORDER BY day, fingerprint",
                                         sql_time(since));
        changes.rows.reserve(static_cast<std::size_t>(rows.size()));
        for (const auto& row : rows)
            changes.rows.push_back(read_row(row));
        changes.until = rows.empty() ? since : read_time(rows[0]["asked"]);
        return changes;
    });
}

Result<void> forget_campaigns(Database& database, std::int32_t before) {
    return run(database, "forget what several subscribers sent",
               [&](pqxx::work& tx) { tx.exec_params("DELETE FROM engine_campaign WHERE day < $1", before); });
}

} // namespace lazaret::store
