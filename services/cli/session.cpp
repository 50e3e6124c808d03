// session list, kill

#include "cli/commands.hpp"
#include "cli/daemon.hpp"

#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

void ended_early() {
    throw Failure(Status::unavailable, "lazaret-submission has closed the line before the answer was whole: it is stopping");
}

std::string text(const Json& line, const char* name) {
    const auto value = line.value(name, std::string());
    return value.empty() ? "-" : value;
}

void list(Context& context, const SessionFilter& filter, std::uint64_t most) {
    Json request;
    request["request"] = "sessions";
    request["most"] = most;
    filter.add_to(request);
    Daemon daemon(context);
    daemon.ask(request);
    Json all = Json::array(), line;
    for (;;) {
        if (!daemon.next(line)) ended_early();
        if (line.contains("listed")) break;
        all.push_back(line);
    }
    const auto left_off = line.value("left_off", std::uint64_t{0});
    if (context.json) {
        print_json(all);
    } else {
        Table table({"ID", "LISTENER", "CLIENT", "ACCOUNT", "SUBSCRIBER", "STATE", "SINCE", "MESSAGES", "OCTETS", "TLS"});
        const Time at = now();
        for (const auto& one : all) {
            const auto since = parse_rfc3339(text(one, "since"));
            table.add({std::to_string(one.value("id", std::uint64_t{0})), text(one, "listener"), text(one, "client"),
                       text(one, "account"), text(one, "subscriber"), text(one, "state"), since ? show_ago(*since, at) : "-",
                       std::to_string(one.value("messages", std::uint64_t{0})),
                       std::to_string(one.value("octets", std::uint64_t{0})), text(one, "tls")});
        }
        table.print();
    }
    if (left_off > 0) std::cerr << "lazaret: " << show_count(left_off, "session") << " more; see --most\n";
}

void kill(Context& context, const SessionFilter& filter, std::uint64_t id) {
    if (id == 0 && filter.empty()) throw Failure(Status::usage, "name a session by its ID, or --ip, --account or --subscriber");
    Json request, answer;
    request["request"] = "kill";
    if (id != 0) request["id"] = id;
    filter.add_to(request);
    Daemon daemon(context);
    daemon.ask(request);
    if (!daemon.next(answer)) ended_early();
    const auto killed = answer.value("killed", std::uint64_t{0});
    if (context.json) print_json(answer);
    else std::cout << "ended " << show_count(killed, "session") << "\n";
    if (killed == 0) throw Failure(Status::failed, "no session is so");
}

void add_filter(arguments::Command& command, SessionFilter& filter) {
    command.option("--ip", filter.ip, "client address or block").is("CIDR");
    command.option("--account", filter.account, "login").is("LOGIN");
    command.option("--subscriber", filter.subscriber, "subscriber as known to the session").is("SUBSCRIBER");
}

} // namespace

void add_session(arguments::Command& program, Context& context) {
    auto session = program.group("session", "who is connected to this machine now");

    auto wanted = std::make_shared<SessionFilter>();
    auto most = std::make_shared<std::uint64_t>(1000);
    auto list_command = session.add("list", "live sessions of this machine's lazaret-submission");
    add_filter(list_command, *wanted);
    list_command.option("--most", *most, "how many to show").between(1, 10000).shows_default();
    list_command.run([&context, wanted, most] { list(context, *wanted, *most); });

    auto doomed = std::make_shared<SessionFilter>();
    auto id = std::make_shared<std::uint64_t>(0);
    auto kill_command = session.add("kill", "end sessions: their clients hear 421, and nothing acknowledged is lost");
    kill_command.option("ID", *id, "of one session, from the list").positive();
    add_filter(kill_command, *doomed);
    kill_command.run([&context, doomed, id] { kill(context, *doomed, *id); });
}

} // namespace lazaret::cli
