// spf: whose mail fails SPF when it leaves through us

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/since.hpp"
#include "cli/who.hpp"
#include "store/spf_report.hpp"

#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

struct Wanted {
    std::string subscriber, since = "7d";
    bool all = false;
};

void report(Context& context, const Wanted& wanted) {
    store::SpfFilter filter;
    if (!wanted.subscriber.empty()) filter.subscriber = resolve_confined(context.database(), wanted.subscriber);
    filter.since = parse_since(wanted.since, "--since");
    filter.all = wanted.all;
    const auto counts = value_or_fail(store::count_spf(context.database(), filter));
    if (context.json) {
        Json json = Json::array();
        for (const auto& each : counts) {
            Json one;
            one["domain"] = each.domain;
            one["subscriber"] = each.subscriber;
            one["spf"] = std::string(to_string(each.verdict));
            one["messages"] = each.messages;
            one["last"] = format_rfc3339(each.last);
            json.push_back(std::move(one));
        }
        return print_json(json);
    }
    Table table({"DOMAIN", "SUBSCRIBER", "SPF", "MESSAGES", "LAST"});
    for (const auto& each : counts)
        table.add({each.domain, each.subscriber.empty() ? "-" : each.subscriber, std::string(to_string(each.verdict)),
                   std::to_string(each.messages), show_time(each.last)});
    table.print();
    if (context.configuration().next_hop.egress_addresses.empty())
        std::cerr << "lazaret: next_hop.egress_addresses is not set, so that SPF is not looked up\n";
}

} // namespace

void add_spf(arguments::Command& program, Context& context) {
    auto wanted = std::make_shared<Wanted>();
    auto command = program.add("spf", "domains whose mail fails SPF when it leaves by next_hop.egress_addresses, and their subscribers");
    command.option("SUBSCRIBER", wanted->subscriber, "only of this subscriber, or of whose login or address this is");
    command.option("--since", wanted->since, "time span such as 12h or 7d, or RFC 3339").is("TIME").shows_default();
    command.flag("--all", wanted->all, "the other results, too: pass, neutral, none and temperror");
    command.run([&context, wanted] { report(context, *wanted); });
}

} // namespace lazaret::cli
