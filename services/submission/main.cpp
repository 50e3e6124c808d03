// lazaret-submission: submission proxy on ports 587, 465 and 25 in front of Postfix. docs/flow.md tells a message's journey.

#include "metrics/registry.hpp"
#include "submission/program.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    std::filesystem::path config = "/etc/lazaret/lazaret.toml";
    std::vector<std::string> overrides;
    CLI::App app("Takes subscribers' mail on ports 587, 465 and 25, checks and limits it, and hands it to the next hop.\n"
                 "SIGHUP reloads the configuration, SIGTERM ends after the messages in progress.",
                 "lazaret-submission");
    app.add_option("--config", config, "Configuration file")->capture_default_str()->type_name("FILE");
    app.add_option("--set", overrides, "Overrides an option of the file; repeatable")
        ->type_name("SECTION.KEY=VALUE")
        ->expected(1)
        ->take_all();
    app.set_version_flag("--version", "lazaret-submission " + std::string(lazaret::metrics::version()));
    app.footer("Exit status: 0 ended by a signal, 64 wrong arguments, 69 port or database not available at start,\n"
               "71 state folder not usable, 78 wrong configuration.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 64;
    }
    try {
        return lazaret::submission::Program(config, overrides).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lazaret-submission: %s\n", error.what());
        return 70;
    }
}
