// lazaret-engine: reads what happened, finds who misbehaves, tells the ticket system and confines.
// docs/flow.md, steps 10, 11.

#include "arguments/daemon.hpp"
#include "engine/program.hpp"
#include "metrics/registry.hpp"

int main(int argc, char** argv) {
    const lazaret::arguments::DaemonText text{
        .name = "lazaret-engine",
        .version = std::string(lazaret::metrics::version()),
        .about = "Reads the events of all submission nodes and Postfix's log, opens incidents, sends tickets "
                 "and confines\n"
                 "subscribers. SIGHUP takes over log.level, SIGTERM ends after the batch in progress.",
        .exit_statuses =
            "Exit status: 0 ended by a signal, 64 wrong arguments, 69 port not available at start,\n"
            "71 key or secret file not usable, 78 wrong configuration. A missing database is waited for."};
    return lazaret::arguments::run_daemon(argc, argv, text, [](const auto& config, const auto& overrides) {
        return lazaret::engine::Program(config, overrides).run();
    });
}
