// trace: a client's dialogue while it happens

#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/terminal.hpp"

#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

void print(const Json& line) {
    if (line.contains("dropped")) {
        std::cout << "(" << show_count(line.value("dropped", std::uint64_t{0}), "line") << " left out: they came too fast)\n";
        return;
    }
    const auto side = line.value("side", std::string());
    auto at = line.value("at", std::string());
    if (at.size() > 23) at = at.substr(11, 12); // of "2026-11-21T10:42:00.123456Z": the day is today's
    std::cout << at << " " << line.value("session", std::uint64_t{0}) << " "
              << line.value("client", std::string()) << " " << (side == "client" ? "C: " : side == "server" ? "S: " : "-- ")
              << for_terminal(line.value("line", std::string())) << "\n";
}

void trace(Context& context, const SessionFilter& filter) {
    if (filter.empty()) throw Failure(Status::usage, "name whom to watch: --ip, --account or --subscriber");
    Json request, line;
    request["request"] = "trace";
    filter.add_to(request);
    Daemon daemon(context);
    daemon.end_at_signal();
    daemon.ask(request);
    while (daemon.next(line)) {
        if (line.contains("tracing")) {
            std::cerr << "watching; Ctrl-C ends it\n";
            continue;
        }
        if (context.json) std::cout << line.dump(-1, ' ', true, Json::error_handler_t::replace) << "\n";
        else print(line);
        if (!std::cout.flush()) return;
    }
    if (!Daemon::interrupted()) throw Failure(Status::unavailable, "lazaret-submission has closed the line: it is stopping");
}

} // namespace

void add_trace(arguments::Command& program, Context& context) {
    auto filter = std::make_shared<SessionFilter>();
    auto command = program.add("trace", "a client's dialogue while it happens, without passwords and content");
    command.option("--ip", filter->ip, "client address or block").is("CIDR");
    command.option("--account", filter->account, "login, from its AUTH on").is("LOGIN");
    command.option("--subscriber", filter->subscriber, "subscriber, once the session knows it").is("SUBSCRIBER");
    command.run([&context, filter] { trace(context, *filter); });
}

} // namespace lazaret::cli
