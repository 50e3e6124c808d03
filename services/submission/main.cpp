// lazaret-submission: submission proxy on ports 587, 465 and 25 in front of Postfix. docs/flow.md tells a message's journey.

#include "arguments/daemon.hpp"
#include "metrics/registry.hpp"
#include "submission/program.hpp"

int main(int argc, char** argv) {
    const lazaret::arguments::DaemonText text{
        .name = "lazaret-submission",
        .version = std::string(lazaret::metrics::version()),
        .about = "Takes subscribers' mail on ports 587, 465 and 25, checks and limits it, and hands it to the next hop.\n"
                 "SIGHUP reloads the configuration, SIGTERM ends after the messages in progress.",
        .exit_statuses =
            "Exit status: 0 ended by a signal, 64 wrong arguments, 69 port or database not available at start,\n"
            "71 state folder not usable, 78 wrong configuration."};
    return lazaret::arguments::run_daemon(argc, argv, text, [](const auto& config, const auto& overrides) {
        return lazaret::submission::Program(config, overrides).run();
    });
}
