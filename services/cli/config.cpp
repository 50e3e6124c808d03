// config check, config example

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "config/example.hpp"
#include "config/load.hpp"

#include <iostream>

namespace lazaret::cli {

namespace {

void check(Context& context) {
    auto loaded = config::load(context.config_file, context.overrides);
    if (!context.json) {
        if (!loaded) throw Failure(Status::config, loaded.error().to_string());
        std::cout << context.config_file << ": right\n";
        return;
    }
    Json errors = Json::array();
    if (!loaded)
        for (const config::ConfigError& error : loaded.error().list) {
            Json json;
            json["file"] = error.file;
            json["line"] = error.line;
            json["column"] = error.column;
            json["message"] = error.message;
            errors.push_back(std::move(json));
        }
    Json json;
    json["file"] = context.config_file;
    json["ok"] = bool(loaded);
    json["errors"] = std::move(errors);
    print_json(json);
    if (!loaded) throw Failure(Status::config, loaded.error().to_string());
}

} // namespace

void add_config(arguments::Command& program, Context& context) {
    auto config = program.group("config", "check and show the configuration");
    config.add("check", "read the file and tell everything that is wrong with it").run([&] { check(context); });
    config.add("example", "print every option with its meaning and default").run([] {
        std::cout << config::example();
    });
}

} // namespace lazaret::cli
