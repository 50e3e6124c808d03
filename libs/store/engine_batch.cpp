// What convictions lead to, inside the transaction that moves the cursor.

#include "store/campaign_rows.hpp"
#include "store/engine_rows.hpp"
#include "store/exhibit_rows.hpp"
#include "store/incident_rows.hpp"
#include "store/outbox_rows.hpp"
#include "store/quarantine_rows.hpp"

namespace lazaret::store {
namespace {

const char* const author = "engine";

IncidentRecord read_again(pqxx::work& tx, std::int64_t id) {
    return read_incident_row(
        tx.exec_params1(std::string("SELECT ") + incident_columns + " FROM incident WHERE id = $1", id));
}

/// True when the incident did not name this subscriber before.
bool add_member(pqxx::work& tx, std::int64_t incident, const Conviction& what) {
    return tx
        .exec_params1("INSERT INTO incident_member AS m (incident, subscriber, score, summary, evidence)"
                      " VALUES ($1, $2, $3, $4, $5::jsonb) ON CONFLICT (incident, subscriber) DO UPDATE"
                      " SET score = excluded.score, summary = excluded.summary, evidence = excluded.evidence"
                      " RETURNING xmax = 0",
                      incident, what.subscriber, what.score, what.summary, what.evidence)[0]
        .as<bool>();
}

std::optional<std::int64_t> first_id(const pqxx::result& rows) {
    if (rows.empty()) return std::nullopt;
    return rows[0][0].as<std::int64_t>();
}

/// The open incident of this text, if there is one: texts are alike that differ in at most 8 bits.
std::optional<std::int64_t> open_campaign(pqxx::work& tx, std::uint64_t campaign) {
    return first_id(tx.exec_params("SELECT id FROM incident WHERE state = 'open' AND campaign IS NOT NULL"
                                     " AND bit_count((campaign # $1)::bit(64)) <= 8 ORDER BY id LIMIT 1",
                                     sql_hash(campaign)));
}

/// Likewise of this name.
std::optional<std::int64_t> open_with_name(pqxx::work& tx, std::uint64_t name) {
    return first_id(tx.exec_params("SELECT id FROM incident WHERE state = 'open' AND campaign_names @> ARRAY[$1::bigint]"
                                     " ORDER BY id LIMIT 1",
                                     sql_hash(name)));
}

/// Bounded: who changes names all the time is told by others.
void add_names(pqxx::work& tx, std::int64_t id, const Conviction& what) {
    if (what.names.empty() && what.shared_name == 0) return;
    std::string names = "{" + (what.shared_name == 0 ? "" : std::to_string(sql_hash(what.shared_name)));
    for (const auto name : what.names)
        names += (names.size() > 1 ? "," : "") + std::to_string(sql_hash(name));
    tx.exec_params("UPDATE incident SET campaign_names = (SELECT array_agg(DISTINCT name)"
                   "   FROM unnest(coalesce(campaign_names, '{}') || $2::bigint[]) name)"
                   " WHERE id = $1 AND coalesce(cardinality(campaign_names), 0) < 32",
                   id, names + "}");
}

void update_known(pqxx::work& tx, std::int64_t id, const Conviction& what) {
    // From the second subscriber on it is a campaign, whatever the first was taken for; but of each subscriber one incident of
    // a cause is open at a time, and the first may have opened another campaign.
    tx.exec_params("UPDATE incident i SET updated_at = now(), score = greatest(score, $2), threshold = $3, evidence = $4::jsonb,"
                   " cause = CASE WHEN n > 1 AND NOT EXISTS (SELECT FROM incident other WHERE other.subscriber = i.subscriber"
                   "   AND other.cause = 'campaign' AND other.state = 'open' AND other.id <> i.id) THEN 'campaign' ELSE cause END,"
                   " summary = CASE WHEN n > 1 THEN"
                   "   format('the same %s from %s subscribers, lately %s: %s', $7::text, n, $6::text, $5::text) ELSE $5 END"
                   " FROM (SELECT count(*) AS n FROM incident_member WHERE incident = $1) members WHERE i.id = $1",
                   id, what.score, what.threshold, what.evidence, what.summary, what.subscriber, what.shared);
}

std::int64_t open_or_update(pqxx::work& tx, const Conviction& what, bool& is_new) {
    // The partial unique index on open incidents makes this one statement safe against anybody else.
    const auto row = tx.exec_params1(
        "INSERT INTO incident AS i (subscriber, cause, opened_at, updated_at, score, threshold, summary,"
        " evidence, first_event, campaign) VALUES ($1, $2, $3, now(), $4, $5, $6, $7::jsonb, $8, nullif($9::bigint, 0))"
        " ON CONFLICT (subscriber, cause) WHERE state = 'open' DO UPDATE SET"
        " updated_at = now(), score = excluded.score, threshold = excluded.threshold,"
        " summary = excluded.summary, evidence = excluded.evidence,"
        " campaign = coalesce(i.campaign, excluded.campaign) RETURNING xmax = 0, id",
        what.subscriber, what.cause, sql_time(what.at), what.score, what.threshold, what.summary, what.evidence,
        sql_time(what.first_event), sql_hash(what.campaign));
    is_new = row[0].as<bool>();
    return row[1].as<std::int64_t>();
}

const char* const refuses_all_of_it = " released_at IS NULL AND (expiry IS NULL OR expiry > now()) AND level IN ('block', 'garden')"
                                      " AND (scope = 'everything' OR (scope = $2 AND part = $3)) ";

std::optional<std::int64_t> confined_for(pqxx::work& tx, const Conviction& what) {
    return first_id(tx.exec_params(
        std::string("SELECT i.id FROM quarantine q JOIN incident i ON i.id = q.incident WHERE q.subscriber = $1 AND") +
            refuses_all_of_it + "AND i.state = 'open' ORDER BY q.id DESC LIMIT 1",
        what.subscriber, std::string(subscriber::to_string(what.scope)), what.part));
}

void find_incident_of(pqxx::work& tx, const Conviction& what, Outcome& outcome) {
    std::optional<std::int64_t> id;
    if (what.campaign != 0 || what.shared_name != 0 || !what.names.empty()) {
        // Engines that see one campaign at the same moment open one incident.
        tx.exec("SELECT pg_advisory_xact_lock(hashtext('lazaret.campaign'))");
        if (what.joins) id = what.shared_name != 0 ? open_with_name(tx, what.shared_name) : open_campaign(tx, what.campaign);
    }
    // What is seen of it until the confinement holds belongs to that, even if it looks like another cause now.
    if (!id) id = confined_for(tx, what);
    const bool is_known = id.has_value();
    if (!id) id = open_or_update(tx, what, outcome.opened);
    outcome.joined = add_member(tx, *id, what) && !outcome.opened;
    if (is_known) update_known(tx, *id, what);
    add_names(tx, *id, what);
    outcome.incident = read_again(tx, *id);
    outcome.subscriber = what.subscriber;
}

/// One that refuses all that the conviction is about.
std::optional<subscriber::Quarantine> active_block(pqxx::work& tx, const Conviction& what) {
    const auto rows =
        tx.exec_params(std::string("SELECT ") + quarantine_columns +
                           " FROM quarantine WHERE subscriber = $1 AND" + refuses_all_of_it + "ORDER BY id DESC LIMIT 1",
                       what.subscriber, std::string(subscriber::to_string(what.scope)), what.part);
    if (rows.empty()) return std::nullopt;
    return read_quarantine_row(rows[0]).quarantine;
}

std::uint64_t confinements_in_last_hour(pqxx::work& tx) {
    // Engines that confine at the same moment count each other's.
    tx.exec("SELECT pg_advisory_xact_lock(hashtext('lazaret.confinements'))");
    return tx
        .exec_params1(
            "SELECT count(*) FROM quarantine WHERE author = $1 AND start > now() - interval '1 hour'",
            author)[0]
        .as<std::uint64_t>();
}

void confine(pqxx::work& tx, const Conviction& what, const Response& response, Outcome& outcome) {
    outcome.quarantine = active_block(tx, what);
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
        wanted.scope = what.scope;
        wanted.part = what.part;
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

bool is_told(pqxx::work& tx, std::int64_t incident) {
    return tx.exec_params1("SELECT EXISTS (SELECT FROM outbox WHERE incident = $1)", incident)[0].as<bool>();
}

/// A thousand at once are one outbreak, or one mistake of ours: one ticket an hour asks a human.
bool asked_lately(pqxx::work& tx) {
    return tx.exec1("SELECT EXISTS (SELECT FROM outbox WHERE asks_human AND created_at > now() - interval '1 hour')")[0].as<bool>();
}

void tell(pqxx::work& tx, const Outcome& outcome, const MakeNotice& make) {
    const Notice notice = make(outcome);
    insert_outbox(tx, notice.webhook_id, outcome.incident.id, notice.type, notice.body, outcome.guard == Guard::too_many);
}

std::vector<ExhibitRecord> newest_exhibits(pqxx::work& tx, const std::string& subscriber) {
    ExhibitFilter filter;
    filter.subscriber = subscriber;
    filter.limit = 2;
    return find_exhibits(tx, filter);
}

Outcome respond(pqxx::work& tx, const Conviction& what, const Response& response) {
    Outcome outcome;
    find_incident_of(tx, what, outcome);
    outcome.samples = what.samples;
    confine(tx, what, response, outcome);
    const bool is_news =
        outcome.opened || outcome.joined || outcome.confined || !told_lately(tx, outcome.incident.id, response.update_interval);
    const bool is_spoken_for = outcome.guard == Guard::too_many && asked_lately(tx);
    if (response.notice && is_news && !is_spoken_for) {
        outcome.first_told = !is_told(tx, outcome.incident.id);
        outcome.exhibits = newest_exhibits(tx, what.subscriber);
        tell(tx, outcome, response.notice);
    }
    return outcome;
}

} // namespace

Result<Committed> commit_batch(Database& database, const EngineBatch& batch, const Response& response) {
    return run(database, "commit a batch of events", [&](pqxx::work& tx) {
        require_shards(tx, batch.engine, batch.shards);
        move_cursors(tx, batch.node, batch.shards, batch.after, batch.upto);
        save_states(tx, batch.states);
        Committed done;
        for (const Conviction& conviction : batch.convictions)
            done.outcomes.push_back(respond(tx, conviction, response));
        // Last, since other engines wait for these rows.
        done.campaigns = add_to_campaigns(tx, batch.campaigns);
        return done;
    });
}

Result<std::vector<Outcome>> close_incidents(Database& database, const std::string& engine, Duration quiet,
                                             const MakeNotice& notice) {
    return run(database, "close incidents", [&](pqxx::work& tx) {
        require_shards(tx, engine, {0});
        const auto rows = tx.exec_params(
            std::string("UPDATE incident i SET state = 'closed', closed_at = now(), updated_at = now()"
                        " WHERE state = 'open' AND NOT EXISTS (SELECT FROM incident_member m JOIN quarantine q"
                        "   ON q.subscriber = m.subscriber WHERE m.incident = i.id"
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
            outcome.subscriber = outcome.incident.subscriber;
            if (notice && is_told(tx, outcome.incident.id)) tell(tx, outcome, notice);
            outcomes.push_back(std::move(outcome));
        }
        return outcomes;
    });
}

} // namespace lazaret::store
