// What convictions lead to, inside the transaction that moves the cursor.

#include "store/engine_rows.hpp"
#include "store/incident_rows.hpp"
#include "store/outbox_rows.hpp"
#include "store/quarantine_rows.hpp"

namespace lazaret::store {
namespace {

const char* const author = "engine";

struct Opened {
    IncidentRecord incident;
    bool is_new = false;
};

Opened open_or_update(pqxx::work& tx, const Conviction& what) {
    // The partial unique index on open incidents makes this one statement safe against anybody else.
    const auto row = tx.exec_params1(
        std::string(
            "INSERT INTO incident AS i (subscriber, cause, opened_at, updated_at, score, threshold, summary,"
            " evidence, first_event) VALUES ($1, $2, $3, now(), $4, $5, $6, $7::jsonb, $8)"
            " ON CONFLICT (subscriber, cause) WHERE state = 'open' DO UPDATE SET"
            " updated_at = now(), score = excluded.score, threshold = excluded.threshold,"
            " summary = excluded.summary, evidence = excluded.evidence RETURNING xmax = 0 AS is_new, ") +
            incident_columns,
        what.subscriber, what.cause, sql_time(what.at), what.score, what.threshold, what.summary,
        what.evidence, sql_time(what.first_event));
    Opened opened;
    opened.is_new = row["is_new"].as<bool>();
    opened.incident = read_incident_row(row);
    return opened;
}

std::optional<subscriber::Quarantine> active_block(pqxx::work& tx, const std::string& who) {
    const auto rows =
        tx.exec_params(std::string("SELECT ") + quarantine_columns +
                           " FROM quarantine WHERE subscriber = $1 AND released_at IS NULL"
                           " AND (expiry IS NULL OR expiry > now()) AND level IN ('block', 'garden')"
                           " ORDER BY id DESC LIMIT 1",
                       who);
    if (rows.empty()) return std::nullopt;
    return read_quarantine_row(rows[0]).quarantine;
}

std::uint64_t confinements_in_last_hour(pqxx::work& tx) {
    return tx
        .exec_params1(
            "SELECT count(*) FROM quarantine WHERE author = $1 AND start > now() - interval '1 hour'",
            author)[0]
        .as<std::uint64_t>();
}

void confine(pqxx::work& tx, const Conviction& what, const Response& response, Outcome& outcome) {
    outcome.quarantine = active_block(tx, what.subscriber);
    if (outcome.quarantine) {
        outcome.guard = Guard::already_confined;
    } else if (!what.confine) {
        outcome.guard = Guard::not_wanted;
    } else if (confinements_in_last_hour(tx) >= response.max_confinements_per_hour) {
        outcome.guard = Guard::too_many;
    } else {
        NewQuarantine wanted;
        wanted.subscriber = what.subscriber;
        wanted.level = subscriber::Level::block;
        wanted.reason = what.reason;
        wanted.cause = what.cause;
        wanted.author = author;
        wanted.incident = outcome.incident.id;
        wanted.length = response.confine_for;
        outcome.quarantine = insert_quarantine(tx, wanted).quarantine;
        outcome.confined = true;
    }
}

bool told_lately(pqxx::work& tx, std::int64_t incident, Duration interval) {
    return tx
        .exec_params1("SELECT EXISTS (SELECT FROM outbox WHERE incident = $1"
                      " AND created_at > now() - $2 * interval '1 microsecond')",
                      incident, interval.count())[0]
        .as<bool>();
}

void tell(pqxx::work& tx, const Outcome& outcome, const MakeNotice& make) {
    const Notice notice = make(outcome);
    insert_outbox(tx, notice.webhook_id, outcome.incident.id, notice.type, notice.body);
}

Outcome respond(pqxx::work& tx, const Conviction& what, const Response& response) {
    Opened opened = open_or_update(tx, what);
    Outcome outcome;
    outcome.incident = std::move(opened.incident);
    outcome.opened = opened.is_new;
    outcome.samples = what.samples;
    confine(tx, what, response, outcome);
    if (response.notice && (outcome.opened || outcome.confined ||
                            !told_lately(tx, outcome.incident.id, response.update_interval)))
        tell(tx, outcome, response.notice);
    return outcome;
}

} // namespace

Result<std::vector<Outcome>> commit_batch(Database& database, const EngineBatch& batch,
                                          const Response& response) {
    return run(database, "commit a batch of events", [&](pqxx::work& tx) {
        require_term(tx, batch.term);
        move_cursor(tx, batch.node, batch.after, batch.upto);
        save_states(tx, batch.states);
        std::vector<Outcome> outcomes;
        for (const Conviction& conviction : batch.convictions)
            outcomes.push_back(respond(tx, conviction, response));
        return outcomes;
    });
}

Result<std::vector<Outcome>> close_incidents(Database& database, std::int64_t term, Duration quiet,
                                             const MakeNotice& notice) {
    return run(database, "close incidents", [&](pqxx::work& tx) {
        require_term(tx, term);
        const auto rows = tx.exec_params(
            std::string("UPDATE incident i SET state = 'closed', closed_at = now(), updated_at = now()"
                        " WHERE state = 'open' AND NOT EXISTS (SELECT FROM quarantine q WHERE q.subscriber = "
                        "i.subscriber"
                        "   AND q.released_at IS NULL AND (q.expiry IS NULL OR q.expiry > now()))"
                        " AND (EXISTS (SELECT FROM quarantine q WHERE q.incident = i.id"
                        "   AND i.updated_at <= coalesce(q.released_at, q.expiry))"
                        "   OR updated_at < now() - $1 * interval '1 microsecond') RETURNING ") +
                incident_columns,
            quiet.count());
        std::vector<Outcome> outcomes;
        for (const auto& row : rows) {
            Outcome outcome;
            outcome.incident = read_incident_row(row);
            if (notice) tell(tx, outcome, notice);
            outcomes.push_back(std::move(outcome));
        }
        return outcomes;
    });
}

} // namespace lazaret::store
