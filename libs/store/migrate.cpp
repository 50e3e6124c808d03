#include "store/migrate.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"
#include "store/transaction.hpp"

#include <algorithm>
#include <map>

namespace lazaret::store {

namespace {

// Any constant will do, as long as all programs use the same: "lazaret" in ASCII.
constexpr const char* lock_schema = "SELECT pg_advisory_xact_lock(30506441440554612)";

/// Roles belong to the whole cluster, so another database's migration may make them at the same time.
void ensure_role(pqxx::work& tx, const std::string& name, bool login) {
    tx.exec("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = " + tx.quote(name) +
            ") THEN CREATE ROLE " + tx.quote_name(name) + (login ? " LOGIN" : " NOLOGIN") +
            "; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
}

void ensure_roles(pqxx::work& tx, const Roles& roles) {
    const std::pair<const char*, const std::string&> all[] = {{"lazaret_submission", roles.submission},
                                                              {"lazaret_engine", roles.engine},
                                                              {"lazaret_cli", roles.cli}};
    const std::string database = tx.quote_name(tx.exec1("SELECT current_database()")[0].as<std::string>());
    for (const auto& [fixed, wanted] : all) {
        ensure_role(tx, fixed, wanted == fixed);
        if (wanted != fixed) {
            ensure_role(tx, wanted, true);
            auto member = tx.exec1("SELECT pg_has_role(" + tx.quote(wanted) + ", " +
                                   tx.quote(std::string(fixed)) + ", 'MEMBER')");
            if (!member[0].as<bool>())
                tx.exec("GRANT " + std::string(fixed) + " TO " + tx.quote_name(wanted));
        }
        // Temporary tables carry every COPY; a hardened cluster may have taken the right from PUBLIC.
        auto may = tx.exec1("SELECT has_database_privilege(" + tx.quote(std::string(fixed)) +
                            ", current_database(), 'TEMPORARY')" + " AND has_database_privilege(" +
                            tx.quote(std::string(fixed)) + ", current_database(), 'CONNECT')");
        if (!may[0].as<bool>()) tx.exec("GRANT CONNECT, TEMPORARY ON DATABASE " + database + " TO " + fixed);
    }
}

struct Applied {
    std::string name, checksum;
};

Result<std::map<int, Applied>> applied_versions(pqxx::work& tx, const std::vector<Migration>& steps) {
    std::map<int, Applied> applied;
    for (const auto& row :
         tx.exec("SELECT version, name, checksum FROM lazaret.schema_version ORDER BY version"))
        applied[row[0].as<int>()] = {row[1].c_str(), row[2].c_str()};
    for (const auto& [version, was] : applied) {
        auto step = std::find_if(steps.begin(), steps.end(),
                                 [&](const Migration& m) { return m.version == version; });
        if (step == steps.end())
            return Error("the schema has " + was.name +
                         ", which this program does not know: install the version of Lazaret that made it");
        if (hex_encode(sha256(step->sql)) != was.checksum)
            return Error(was.name +
                         " has changed since it was applied: migrations are never edited, only added");
    }
    return applied;
}

} // namespace

Result<MigrateSummary> migrate(Database& owner, const Roles& roles) {
    return migrate(owner, roles, migrations());
}

Result<MigrateSummary> migrate(Database& owner, const Roles& roles, const std::vector<Migration>& steps) {
    auto prepared = run(owner, "prepare the schema", [&](pqxx::work& tx) {
        tx.exec(lock_schema);
        ensure_roles(tx, roles);
        if (tx.exec1("SELECT to_regclass('lazaret.schema_version') IS NULL")[0].as<bool>()) {
            tx.exec("CREATE SCHEMA IF NOT EXISTS lazaret");
            tx.exec("CREATE TABLE lazaret.schema_version (version integer PRIMARY KEY, name text NOT NULL,"
                    " applied_at timestamptz NOT NULL DEFAULT now(), checksum text NOT NULL)");
        }
    });
    if (!prepared) return prepared.error();

    MigrateSummary summary;
    for (const Migration& step : steps) {
        const std::string name(step.name);
        // The lock is the transaction's: between two steps another migration may have come further.
        auto done = run(owner, ("apply " + name).c_str(), [&](pqxx::work& tx) -> Result<bool> {
            tx.exec(lock_schema);
            auto applied = applied_versions(tx, steps);
            if (!applied) return applied.error();
            if (applied->contains(step.version)) return false;
            tx.exec("SET LOCAL statement_timeout = 0");
            tx.exec(std::string(step.sql));
            tx.exec_params("INSERT INTO lazaret.schema_version (version, name, checksum) VALUES ($1, $2, $3)",
                           step.version, name, hex_encode(sha256(step.sql)));
            return true;
        });
        if (!done) return done.error();
        if (*done) summary.applied.push_back(name);
        summary.version = std::max(summary.version, step.version);
    }
    return summary;
}

Result<int> schema_version(Database& database) {
    return run(database, "read the schema's version", [](pqxx::work& tx) -> int {
        if (tx.exec1("SELECT to_regclass('lazaret.schema_version') IS NULL")[0].as<bool>()) return 0;
        return tx.exec1("SELECT coalesce(max(version), 0) FROM lazaret.schema_version")[0].as<int>();
    });
}

} // namespace lazaret::store
