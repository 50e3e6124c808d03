#include "store/spf_report.hpp"

#include "store/event_rows.hpp"

namespace lazaret::store {

Result<std::vector<SpfCount>> count_spf(Database& database, const SpfFilter& filter) {
    return run(database, "count results of SPF", [&](pqxx::work& tx) {
        std::vector<SpfCount> counts;
        const auto result = tx.exec_params(
            "SELECT sender_domain, coalesce(subscriber, '') AS subscriber, spf, count(*) AS messages, max(at) AS last FROM event"
            " WHERE spf IS NOT NULL AND at >= $1 AND ($2 = '' OR subscriber = $2)"
            " AND ($3 OR spf IN ('fail', 'softfail', 'permerror'))"
            " GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT $4",
            sql_time(filter.since), filter.subscriber, filter.all, static_cast<std::int64_t>(filter.limit));
        for (const auto& row : result) {
            SpfCount counted;
            counted.domain = row["sender_domain"].c_str();
            counted.subscriber = row["subscriber"].c_str();
            counted.verdict = spf::parse_verdict(row["spf"].c_str()).value();
            counted.messages = row["messages"].as<std::uint64_t>();
            counted.last = read_time(row["last"]);
            counts.push_back(std::move(counted));
        }
        return counts;
    });
}

} // namespace lazaret::store
