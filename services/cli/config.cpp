// config check, config example

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "config/example.hpp"
#include "config/load.hpp"
#include "files/engine.hpp"
#include "files/submission.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

namespace lazaret::cli {

namespace {

/// The daemons run as users of their own: what they may read somebody else perhaps may not.
bool is_hidden_from_us(const std::filesystem::path& file) {
    return !file.empty() && ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

/// What the daemons find when they load what the configuration names.
struct Look {
    double threshold = 0; ///< of the detector, nats
    bool any_hidden = false, any_wrong = false;

    std::vector<config::Conflict> operator()(const config::Config& config) {
        std::vector<config::Conflict> found;
        files::Submission::load(config, found);
        if (const auto engine = files::Engine::load(config, found)) threshold = detect::Detector(engine->detection).threshold();
        for (auto& each : found) {
            const bool hidden = is_hidden_from_us(each.file);
            (hidden ? any_hidden : any_wrong) = true;
            if (hidden)
                each.message = "not checked: " + operator_name() + " may not read " + each.file.string() +
                               ", which says nothing of the daemons; check as root";
        }
        return found;
    }
};

void print(const config::Config& config, const std::string& file, double threshold) {
    char promise[120];
    std::snprintf(promise, sizeof promise, "%g false alarms a year for each subscriber: suspected from %.1f nats of evidence on",
                  config.engine.false_alarms_per_year, threshold);
    std::cout << file << ": right\n" << promise << "\n";
}

void check(Context& context) {
    Look look;
    const auto loaded = config::load(context.config_file, context.overrides, std::ref(look));
    const auto status = look.any_hidden && !look.any_wrong ? Status::not_permitted : Status::config;
    if (!context.json) {
        if (!loaded) throw Failure(status, loaded.error().to_string());
        return print(*loaded, context.config_file, look.threshold);
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
    if (loaded) {
        json["detector"]["false_alarms_per_year"] = loaded->engine.false_alarms_per_year;
        json["detector"]["threshold"] = look.threshold;
    }
    print_json(json);
    if (!loaded) throw Failure(status, loaded.error().to_string());
}

} // namespace

void add_config(arguments::Command& program, Context& context) {
    auto config = program.group("config", "check and show the configuration");
    config.add("check", "read the file and those it names as the daemons do, and tell everything that is wrong").run([&] { check(context); });
    config.add("example", "print every option with its meaning and default").run([] {
        std::cout << config::example();
    });
}

} // namespace lazaret::cli
