#include "store/history.hpp"

#include "log/log.hpp"
#include "store/event_rows.hpp"
#include "subscriber/address_subject.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace lazaret::store {
namespace {

constexpr const char* fetch_page = "FETCH 5000 FROM history";

/// The table is partitioned by day, so that a day is read from one partition and sorted by itself: no index for the order of time
/// has to be paid for with every event, and no transaction lasts longer than a day's worth.
Result<void> read_part(Database& database, const HistoryFilter& part, const TakeEvents& take) {
    return run(database, "read the history", [&](pqxx::work& tx) -> Result<void> {
        tx.exec("SET LOCAL work_mem = '64MB'");
        tx.exec(std::string("DECLARE history NO SCROLL CURSOR FOR SELECT ") + event_columns + " FROM event WHERE at >= " +
                tx.quote(sql_time(part.since)) + " AND at < " + tx.quote(sql_time(part.until)) +
                (part.subscriber.empty() ? "" : " AND subscriber = " + tx.quote(part.subscriber)) +
                " ORDER BY at, node, sequence");
        std::vector<event::Event> page;
        for (;;) {
            const auto rows = tx.exec(fetch_page);
            if (rows.empty()) return {};
            page.clear();
            page.reserve(static_cast<std::size_t>(rows.size()));
            for (const auto& row : rows) {
                try {
                    page.push_back(read_event_row(row));
                } catch (const std::exception& error) { // from a newer version or by hand
                    log::warn("event_row_unreadable", "an event in the database cannot be read and is skipped",
                              {{"node", row["node"].c_str()}, {"sequence", row["sequence"].c_str()}, {"error", error.what()}});
                }
            }
            if (auto taken = take(page); !taken) return taken.error();
        }
    });
}

} // namespace

Result<void> read_history(Database& database, const HistoryFilter& filter, const TakeEvents& take) {
    using std::chrono::days;
    if (!filter.subscriber.empty()) return read_part(database, filter, take); // few enough, and there is an index
    HistoryFilter part = filter;
    for (; part.since < filter.until; part.since = part.until) {
        part.until = std::min<Time>(std::chrono::floor<days>(part.since) + days(1), filter.until);
        if (auto read = read_part(database, part, take); !read) return read.error();
    }
    return {};
}

Result<bool> has_delivery_results(Database& database, Time since, Time until) {
    return run(database, "look for delivery results", [&](pqxx::work& tx) {
        return tx
            .exec_params1("SELECT EXISTS (SELECT FROM event WHERE type = 'delivery_result' AND at >= $1 AND at < $2)",
                          sql_time(since), sql_time(until))[0]
            .as<bool>();
    });
}

Result<std::map<std::string, Standing>> find_standings(Database& database, const std::vector<std::string>& ids) {
    return run(database, "look up subscribers", [&](pqxx::work& tx) {
        std::map<std::string, Standing> found;
        const auto add = [&found](const pqxx::result& rows, bool is_protected_known) {
            for (const auto& row : rows) {
                Standing& one = found[row[0].c_str()];
                one.klass = subscriber::parse_class(row[1].c_str()).value();
                one.is_protected = is_protected_known && row[2].as<bool>();
            }
        };
        add(tx.exec_params("SELECT id, class, is_protected FROM subscriber"
                           " WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb))",
                           nlohmann::json(ids).dump()),
            true);
        for (const auto& id : ids)
            if (const auto address = subscriber::parse_address_subject(id))
                add(tx.exec_params("SELECT $1::text, class FROM network WHERE block >>= $2::inet"
                                   " ORDER BY masklen(block) DESC LIMIT 1",
                                   id, address->to_string()),
                    false);
        return found;
    });
}

} // namespace lazaret::store
