// incident list, show, close

#include "cli/commands.hpp"
#include "cli/incident_text.hpp"
#include "cli/output.hpp"
#include "cli/who.hpp"
#include "core/text.hpp"
#include "respond/ticket.hpp"
#include "store/incident_close.hpp"
#include "store/incidents.hpp"

#include <cstdio>
#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

std::string score_text(const store::IncidentRecord& incident) {
    char text[64];
    std::snprintf(text, sizeof text, "%.1f of %.1f", incident.score, incident.threshold);
    return text;
}

/// "C-1009", or "C-1009 +49".
std::string subscribers_text(const store::IncidentRecord& incident) {
    if (incident.member_count < 2) return incident.subscriber;
    return incident.subscriber + " +" + std::to_string(incident.member_count - 1);
}

void list(Context& context, store::IncidentFilter filter, const std::string& whose) {
    if (!whose.empty()) filter.subscriber = resolve_confined(context.database(), whose);
    auto incidents = value_or_fail(store::list_incidents(context.database(), filter));
    if (context.json) {
        Json json = Json::array();
        for (const auto& incident : incidents)
            json.push_back(to_json(incident));
        return print_json(json);
    }
    Table table({"ID", "SUBSCRIBER", "CAUSE", "STATE", "OPENED", "SCORE", "TICKET", "SUMMARY"});
    for (const auto& incident : incidents)
        table.add({std::to_string(incident.id), subscribers_text(incident), incident.cause,
                   incident.is_open ? "open" : "closed", show_time(incident.opened_at), score_text(incident),
                   incident.ticket.empty() ? "-" : incident.ticket, incident.summary});
    table.print();
}

void show(Context& context, std::int64_t id) {
    auto incident = value_or_fail(store::find_incident(context.database(), id));
    if (!incident) throw Failure(Status::failed, "there is no incident " + std::to_string(id));
    if (context.json) return print_json(to_json(*incident));
    std::cout << "Incident    " << incident->id << ", " << (incident->is_open ? "open" : "closed")
              << "\nSubscriber  " << subscribers_text(*incident) << "\nCause       " << incident->cause
              << "\nSummary     " << incident->summary << "\nOpened      " << show_time(incident->opened_at)
              << "\nUpdated     " << show_time(incident->updated_at) << "\nClosed      "
              << show_time(incident->closed_at) << "\nSuspicion   " << score_text(*incident)
              << " that it takes\nTicket      "
              << (incident->ticket.empty() ? "none known" : incident->ticket) << "\nEvidence\n";
    for (const std::string& line : evidence_lines(*incident))
        std::cout << "  " << line << "\n";
    if (incident->member_count < 2) return;
    std::cout << "Subscribers\n";
    constexpr std::size_t most = 10'000;
    for (const auto& member : value_or_fail(store::list_members(context.database(), id, most)))
        std::cout << "  " << show_time(member.joined_at) << "  " << member.subscriber << "  " << printable(member.summary, 300) << "\n";
    if (incident->member_count > most) std::cout << "  and " << incident->member_count - most << " more\n";
}

void close(Context& context, std::int64_t id, const std::string& reason) {
    if (trim(reason).empty()) throw Failure(Status::usage, "--reason is empty");
    store::MakeNotice notice;
    if (const auto& configuration = context.configuration(); !configuration.tickets.url.empty())
        notice = [node = configuration.node.name](const store::Outcome& outcome) {
            return respond::make_notice(outcome, node, now());
        };
    auto outcome =
        value_or_fail(store::close_incident(context.database(), id, operator_name(), reason, notice));
    if (!outcome) throw Failure(Status::failed, "there is no open incident " + std::to_string(id));
    if (context.json) return print_json(to_json(outcome->incident));
    std::cout << "closed incident " << id << "; the confinement that it led to, if any, is released\n";
}

} // namespace

std::vector<std::string> evidence_lines(const store::IncidentRecord& incident) {
    std::vector<std::string> lines;
    const Json evidence = Json::parse(incident.evidence, nullptr, false);
    if (!evidence.is_array()) return lines;
    for (const Json& item : evidence) {
        if (!item.is_object()) continue;
        char weight[32];
        std::snprintf(weight, sizeof weight, "%+.1f", item.value("llr", 0.0));
        auto count = item.value("count", std::uint64_t{0});
        std::string reason = item.value("reason", ""), kind = item.value("kind", "");
        lines.push_back(std::string(weight) + "  " + printable(reason.empty() ? kind : reason, 300) +
                        (count > 1 ? " (" + std::to_string(count) + " times)" : ""));
    }
    return lines;
}

void add_incident(arguments::Command& program, Context& context) {
    auto incident = program.group("incident", "what the engine concluded, and why");

    auto filter = std::make_shared<store::IncidentFilter>();
    auto whose = std::make_shared<std::string>();
    auto all = std::make_shared<bool>(false);
    auto list_command = incident.add("list", "open incidents, newest first");
    list_command.option("SUBSCRIBER", *whose, "of this one only");
    list_command.flag("--all", *all, "closed ones, too");
    list_command.option("--limit", filter->limit, "at most so many").between(1, 1'000'000).shows_default();
    list_command.run([&context, filter, whose, all] {
        filter->open_only = !*all;
        list(context, *filter, *whose);
    });

    auto id = std::make_shared<std::int64_t>();
    auto show_command = incident.add("show", "one incident with its evidence");
    show_command.option("ID", *id, "its number").required();
    show_command.run([&context, id] { show(context, *id); });

    auto reason = std::make_shared<std::string>();
    auto close_command = incident.add("close", "end it, release its confinement, tell the ticket system");
    close_command.option("ID", *id, "its number").required();
    close_command.option("--reason", *reason, "why, for the history").required();
    close_command.run([&context, id, reason] { close(context, *id, *reason); });
}

} // namespace lazaret::cli
