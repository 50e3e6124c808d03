// db migrate

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "store/migrate.hpp"

#include <iostream>

namespace lazaret::cli {

namespace {

void migrate(Context& context) {
    const auto& settings = context.configuration().database;
    store::Database owner(context.database_settings(settings.owner_role));
    store::Roles roles;
    roles.submission = settings.submission_role;
    roles.engine = settings.engine_role;
    roles.cli = settings.cli_role;
    auto summary = value_or_fail(store::migrate(owner, roles));
    if (context.json) {
        Json json;
        json["applied"] = summary.applied;
        json["version"] = summary.version;
        print_json(json);
        return;
    }
    for (const std::string& name : summary.applied)
        std::cout << "applied " << name << "\n";
    std::cout << "the schema is at version " << summary.version
              << (summary.applied.empty() ? ", as before\n" : "\n");
}

} // namespace

void add_db(arguments::Command& program, Context& context) {
    auto db = program.group("db", "the database schema");
    db.add("migrate", "make missing roles and bring the schema to this program's version").run([&] {
        migrate(context);
    });
}

} // namespace lazaret::cli
