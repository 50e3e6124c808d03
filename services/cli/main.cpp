// lazaret: the administrator's hands.

#include "cli/commands.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <iostream>

namespace {

constexpr const char* footer =
    R"(Exit status: 0 done; 1 not found, or it failed; 2 wrong usage; 69 the database or the daemon is
not available;
78 the configuration is wrong. Errors are one sentence on stderr.)";

/// Errors of the configuration begin with file, line and column, as editors know them; all others with our
/// name on each line.
int fail(lazaret::cli::Status status, std::string_view message) {
    const char* prefix = status == lazaret::cli::Status::config ? "" : "lazaret: ";
    for (std::string_view line : lazaret::split(message, '\n'))
        std::cerr << prefix << line << "\n";
    return static_cast<int>(status);
}

} // namespace

int main(int argc, char** argv) {
    using namespace lazaret::cli;
    lazaret::log::init(lazaret::log::Level::warn, lazaret::log::Format::plain, "lazaret");

    Context context;
    context.config_file = "/etc/lazaret/lazaret.toml";
    CLI::App program("Lazaret stops infected subscribers before they spoil the smarthost's reputation.",
                     "lazaret");
    program.footer(footer);
    program.require_subcommand(1);
    program.fallthrough(); // global options may stand behind the subcommand, too
    program.set_version_flag("--version", std::string(lazaret::metrics::version()));
    program.add_option("--config", context.config_file, "configuration file")
        ->envname("LAZARET_CONFIG")
        ->type_name("FILE")
        ->capture_default_str();
    program.add_option("--set", context.overrides, "override one option of the configuration; repeatable")
        ->type_name("SECTION.KEY=VALUE")
        ->expected(1)
        ->take_all()
        ->trigger_on_parse(false);
    program.add_flag("--json", context.json, "JSON on stdout");
    add_config(program, context);
    add_db(program, context);
    add_subscriber(program, context);
    add_network(program, context);
    add_quarantine(program, context);
    add_incident(program, context);
    add_event(program, context);
    add_explain(program, context);
    add_backtest(program, context);
    add_session(program, context);
    add_trace(program, context);

    try {
        program.parse(argc, argv);
        std::cout.flush();
        return std::cout ? 0 : fail(Status::failed, "cannot write the output");
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program.exit(error); // --help, --version
        return fail(Status::usage, std::string(error.what()) + " (see lazaret --help)");
    } catch (const Failure& failure) {
        return fail(failure.status, failure.what());
    } catch (const std::exception& error) {
        return fail(Status::failed, error.what());
    }
}
