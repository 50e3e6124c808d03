// lazaret: the administrator's hands.

#include "cli/commands.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <iostream>

namespace {

using lazaret::cli::Status;

constexpr const char* footer =
    R"(Exit status: 0 done; 1 not found, or it failed; 2 wrong usage; 69 the database or the daemon is
not available; 77 not everything may be read by who asks; 78 the configuration is wrong. Errors are one sentence on stderr.)";

/// Errors of the configuration begin with file, line and column, as editors know them; all others with our
/// name on each line.
int fail(Status status, std::string_view message) {
    const char* prefix = status == Status::config || status == Status::not_permitted ? "" : "lazaret: ";
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
    lazaret::arguments::Program program(
        "lazaret", "Lazaret stops infected subscribers before they spoil the smarthost's reputation.");
    program.footer(footer);
    program.requires_command();
    program.version(std::string(lazaret::metrics::version()));
    program.option("--config", context.config_file, "configuration file")
        .from_environment("LAZARET_CONFIG")
        .is("FILE")
        .shows_default();
    program.option("--set", context.overrides, "override one option of the configuration; repeatable")
        .is("SECTION.KEY=VALUE")
        .repeatable();
    program.flag("--json", context.json, "JSON on stdout");
    add_config(program, context);
    add_db(program, context);
    add_subscriber(program, context);
    add_network(program, context);
    add_quarantine(program, context);
    add_incident(program, context);
    add_event(program, context);
    add_explain(program, context);
    add_exhibit(program, context);
    add_backtest(program, context);
    add_culprit(program, context);
    add_spf(program, context);
    add_session(program, context);
    add_trace(program, context);
    add_scan(program, context);

    try {
        if (!program.parse(argc, argv)) return 0; // --help, --version
        std::cout.flush();
        return std::cout ? 0 : fail(Status::failed, "cannot write the output");
    } catch (const lazaret::arguments::WrongUsage& error) {
        return fail(Status::usage, std::string(error.what()) + " (see lazaret --help)");
    } catch (const Failure& failure) {
        return fail(failure.status, failure.what());
    } catch (const std::exception& error) {
        return fail(Status::failed, error.what());
    }
}
