#pragma once
// The schema's way forward: sql/NNNN_*.sql, which are part of the program, applied in order, each in one
// transaction.

#include "store/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::store {

struct Migration {
    int version = 0;
    std::string_view name; ///< file name without folder
    std::string_view sql;
};
/// The migrations built into the program, by version. (Generated at build time from sql/.)
const std::vector<Migration>& migrations();

/// Login roles of the configuration. Grants in sql/ name lazaret_submission, lazaret_engine and lazaret_cli;
/// a role of another name becomes a member of the fixed one.
struct Roles {
    std::string submission = "lazaret_submission";
    std::string engine = "lazaret_engine";
    std::string cli = "lazaret_cli";
};

struct MigrateSummary {
    std::vector<std::string> applied; ///< names, now; empty when there was nothing to do
    int version = 0;                  ///< of the schema afterwards
};

/// Makes missing roles and schema lazaret, then applies what is not applied yet. `owner` connects as the
/// database's owner, with CREATEROLE where roles are missing. Two at once: one waits. An applied file that
/// has changed since, or a schema newer than this program, is an error and nothing is done.
Result<MigrateSummary> migrate(Database& owner, const Roles& roles);
Result<MigrateSummary> migrate(Database& owner, const Roles& roles, const std::vector<Migration>& steps);

/// The schema's version, 0 when there is none.
Result<int> schema_version(Database& database);

} // namespace lazaret::store
