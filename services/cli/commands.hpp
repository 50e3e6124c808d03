#pragma once
// One function per subcommand: adds it to the program with its options. Its work happens while the command
// line is parsed, by CLI11's callback, which throws Failure when it cannot be done.

#include "cli/context.hpp"

#include <CLI/CLI.hpp>

namespace lazaret::cli {

void add_config(CLI::App& program, Context& context);
void add_db(CLI::App& program, Context& context);
void add_subscriber(CLI::App& program, Context& context);
void add_network(CLI::App& program, Context& context);
void add_quarantine(CLI::App& program, Context& context);
void add_incident(CLI::App& program, Context& context);
void add_explain(CLI::App& program, Context& context);
void add_event(CLI::App& program, Context& context);
void add_backtest(CLI::App& program, Context& context);
void add_session(CLI::App& program, Context& context);
void add_trace(CLI::App& program, Context& context);

} // namespace lazaret::cli
