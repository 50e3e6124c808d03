// exhibit: what is kept of messages that were refused, discarded or diverted for their content

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "cli/who.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "store/exhibits.hpp"

#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

struct Wanted {
    std::string name;
    std::size_t limit = 5;
    bool original = false;
};

std::string became(const store::ExhibitRecord& record) {
    if (record.type == event::Type::message_relayed) return "diverted";
    return record.reply_code / 100 == 2 ? "discarded" : "refused";
}

void print_lines(std::string_view text) {
    for (const auto line : split(trim(text), '\n'))
        std::cout << "  " << for_terminal(line) << "\n";
}

void print(const store::ExhibitRecord& record) {
    std::cout << show_time(record.at) << " " << record.trace << ", subscriber " << for_terminal(record.subscriber);
    if (record.reply_code) std::cout << ", " << became(record) << (record.reason.empty() ? "" : " for " + for_terminal(record.reason));
    std::cout << "\n";
    if (!record.findings.empty()) std::cout << "found: " << for_terminal(join(record.findings, ", ")) << "\n";
    print_lines(record.exhibit.header);
    std::cout << "\n";
    print_lines(record.exhibit.excerpt.empty() ? "(no text)" : record.exhibit.excerpt);
}

Json to_json(const store::ExhibitRecord& record) {
    Json json;
    json["trace"] = record.trace;
    json["at"] = format_rfc3339(record.at);
    json["node"] = record.node;
    json["subscriber"] = record.subscriber;
    json["became"] = became(record);
    json["reply_code"] = record.reply_code;
    json["reason"] = record.reason;
    json["findings"] = record.findings;
    json["header"] = record.exhibit.header;
    json["excerpt"] = record.exhibit.excerpt;
    return json;
}

store::ExhibitFilter filter_of(Context& context, const Wanted& wanted) {
    store::ExhibitFilter filter;
    filter.limit = wanted.original ? 1 : wanted.limit;
    filter.with_original = wanted.original;
    if (TraceId::parse(wanted.name)) filter.trace = wanted.name;
    else filter.subscriber = resolve_confined(context.database(), wanted.name);
    return filter;
}

void show(Context& context, const Wanted& wanted) {
    const auto filter = filter_of(context, wanted);
    const auto records = value_or_fail(store::list_exhibits(context.database(), filter));
    if (records.empty())
        throw Failure(Status::failed, "nothing is kept of " + wanted.name + "; what is, and how long, is set in [exhibits]");
    if (wanted.original) {
        const auto& octets = records.front().exhibit.original;
        if (octets.empty()) throw Failure(Status::failed, "only a masked excerpt is kept of it (exhibits.original)");
        std::cout << octets;
        return;
    }
    if (context.json) {
        Json json = Json::array();
        for (const auto& record : records) json.push_back(to_json(record));
        return print_json(json);
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (i > 0) std::cout << "\n";
        print(records[i]);
    }
}

} // namespace

void add_exhibit(arguments::Command& program, Context& context) {
    auto wanted = std::make_shared<Wanted>();
    auto command = program.add("exhibit", "what is kept of messages that were refused, discarded or diverted for their content, "
                                          "newest first: masked header and excerpt");
    command.option("NAME", wanted->name, "a trace id; or a subscriber, or a login or address of one").required();
    command.option("--limit", wanted->limit, "at most so many").between(1, 1000).shows_default();
    command.flag("--original", wanted->original, "the newest one's octets as they came, where they are kept");
    command.run([&context, wanted] { show(context, *wanted); });
}

} // namespace lazaret::cli
