// event list

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/since.hpp"
#include "cli/who.hpp"
#include "store/events.hpp"

#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

struct Wanted {
    std::string subscriber, since = "1d", until, type, trace;
    std::size_t limit = 100;
};

std::string what_text(const event::Event& e) {
    switch (e.type) {
    case event::Type::message_relayed:
        return "relayed to " + show_count(e.recipients.size(), "recipient") +
               (e.recipients_refused ? ", " + std::to_string(e.recipients_refused) + " refused" : "");
    case event::Type::delivery_result:
        return std::string(event::to_string(e.delivery)) + (e.enhanced.empty() ? "" : " " + e.enhanced) +
               (e.remote_host.empty() ? "" : " by " + e.remote_host);
    default:
        return std::string(event::to_string(e.refused_by)) +
               (e.reply_code ? " " + std::to_string(e.reply_code) : "") +
               (e.reason.empty() ? "" : ": " + e.reason);
    }
}

void list(Context& context, const Wanted& wanted) {
    store::EventFilter filter;
    if (!wanted.subscriber.empty())
        filter.subscriber = resolve_confined(context.database(), wanted.subscriber);
    filter.since = parse_since(wanted.since, "--since");
    if (!wanted.until.empty()) filter.until = parse_since(wanted.until, "--until");
    if (!wanted.type.empty()) {
        auto type = event::parse_type(wanted.type);
        if (!type) throw Failure(Status::usage, "--type " + wanted.type + ": " + type.error().message);
        filter.type = *type;
    }
    filter.trace = wanted.trace;
    filter.limit = wanted.limit;
    auto events = value_or_fail(store::list_events(context.database(), filter));
    if (context.json) {
        Json json = Json::array();
        for (const auto& stored : events) {
            Json one;
            one["node"] = stored.node;
            one.update(Json::parse(event::to_json(stored.event)));
            json.push_back(std::move(one));
        }
        return print_json(json);
    }
    Table table({"TIME", "TYPE", "SUBSCRIBER", "CLIENT", "SENDER", "TRACE", "WHAT"});
    for (const auto& [node, e] : events)
        table.add({show_time(e.at), std::string(event::to_string(e.type)),
                   e.subscriber.empty() ? "-" : e.subscriber,
                   e.client.is_unspecified() ? "-" : e.client.to_string(),
                   e.null_sender ? "<>" : (e.sender_domain.empty() ? "-" : e.sender_domain),
                   e.trace.empty() ? "-" : e.trace.to_string(), what_text(e)});
    table.print();
}

} // namespace

Time parse_since(const std::string& text, const std::string& option) {
    if (auto length = parse_duration(text)) return now() - *length;
    if (auto at = parse_rfc3339(text)) return *at;
    throw Failure(Status::usage,
                  option + " " + text +
                      ": expected a length of time like 12h or 7d, or a time like 2026-11-21T10:42:00Z");
}

void add_event(arguments::Command& program, Context& context) {
    auto event = program.group("event", "what happened");
    auto wanted = std::make_shared<Wanted>();
    auto list_command = event.add("list", "newest first");
    list_command.option("SUBSCRIBER,--subscriber", wanted->subscriber,
                        "of this subscriber, or of one who has this login or address");
    list_command.option("--since", wanted->since, "a length of time or a point of time").is("TIME").shows_default();
    list_command.option("--until", wanted->until, "likewise").is("TIME");
    list_command.option("--type", wanted->type, "one type only")
        .one_of({"connection_refused", "login_failed", "message_relayed", "message_refused", "delivery_result"});
    list_command.option("--trace", wanted->trace, "of one transaction").is("ID");
    list_command.option("--limit", wanted->limit, "at most so many").between(1, 1'000'000).shows_default();
    list_command.run([&context, wanted] { list(context, *wanted); });
}

} // namespace lazaret::cli
