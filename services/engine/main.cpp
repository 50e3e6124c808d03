// lazaret-engine: reads what happened, finds who misbehaves, tells the ticket system and confines.
// docs/flow.md, steps 10, 11.

#include "engine/program.hpp"
#include "metrics/registry.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    std::filesystem::path config = "/etc/lazaret/lazaret.toml";
    std::vector<std::string> overrides;
    CLI::App app("Reads the events of all submission nodes and Postfix's log, opens incidents, sends tickets "
                 "and confines\n"
                 "subscribers. SIGHUP takes over log.level, SIGTERM ends after the batch in progress.",
                 "lazaret-engine");
    app.add_option("--config", config, "Configuration file")->capture_default_str()->type_name("FILE");
    app.add_option("--set", overrides, "Overrides an option of the file; repeatable")
        ->type_name("SECTION.KEY=VALUE")
        ->expected(1)
        ->take_all();
    app.set_version_flag("--version", "lazaret-engine " + std::string(lazaret::metrics::version()));
    app.footer("Exit status: 0 ended by a signal, 64 wrong arguments, 69 port not available at start,\n"
               "71 key or secret file not usable, 78 wrong configuration. A missing database is waited for.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 64;
    }
    try {
        return lazaret::engine::Program(config, overrides).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lazaret-engine: %s\n", error.what());
        return 70;
    }
}
