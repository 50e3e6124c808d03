#pragma once
// One function per subcommand: adds it to the program with its options. Its work happens while the command
// line is parsed (arguments::Command::run); it throws Failure when it cannot be done.

#include "arguments/command.hpp"
#include "cli/context.hpp"

namespace lazaret::cli {

void add_config(arguments::Command& program, Context& context);
void add_db(arguments::Command& program, Context& context);
void add_subscriber(arguments::Command& program, Context& context);
void add_network(arguments::Command& program, Context& context);
void add_quarantine(arguments::Command& program, Context& context);
void add_incident(arguments::Command& program, Context& context);
void add_explain(arguments::Command& program, Context& context);
void add_exhibit(arguments::Command& program, Context& context);
void add_event(arguments::Command& program, Context& context);
void add_backtest(arguments::Command& program, Context& context);
void add_culprit(arguments::Command& program, Context& context);
void add_spf(arguments::Command& program, Context& context);
void add_session(arguments::Command& program, Context& context);
void add_trace(arguments::Command& program, Context& context);
void add_scan(arguments::Command& program, Context& context);

} // namespace lazaret::cli
