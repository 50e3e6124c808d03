#include "arguments/daemon.hpp"

#include "arguments/command.hpp"

#include <cstdio>
#include <exception>

#include <sysexits.h>

namespace lazaret::arguments {

int run_daemon(int argc, const char* const* argv, const DaemonText& text, const DaemonRun& run) {
    std::filesystem::path config = "/etc/lazaret/lazaret.toml";
    std::vector<std::string> overrides;
    Program program(text.name, text.about);
    program.option("--config", config, "Configuration file").shows_default().is("FILE");
    program.option("--set", overrides, "Overrides an option of the file; repeatable").is("SECTION.KEY=VALUE").repeatable();
    program.version(text.name + " " + text.version);
    program.footer(text.exit_statuses);
    if (const auto status = program.parse_or_tell(argc, argv)) return *status == 0 ? 0 : EX_USAGE;
    try {
        return run(config, overrides);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", text.name.c_str(), error.what());
        return EX_SOFTWARE;
    }
}

} // namespace lazaret::arguments
