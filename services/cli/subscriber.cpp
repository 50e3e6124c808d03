// subscriber import, list, show

#include "cli/commands.hpp"
#include "cli/import.hpp"
#include "cli/output.hpp"
#include "store/directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

Json counts_json(const store::ImportCounts& counts) {
    Json json;
    json["lines"] = counts.lines;
    json["added"] = counts.added;
    json["changed"] = counts.changed;
    return json;
}

std::string counts_text(const store::ImportCounts& counts, const std::string& noun) {
    return show_count(counts.lines, "line") + ": " + show_count(counts.added, noun) + " added, " +
           std::to_string(counts.changed) + " changed";
}

void list(Context& context, const store::SubscriberFilter& filter) {
    auto views = value_or_fail(store::list_subscribers(context.database(), filter));
    if (context.json) {
        Json json = Json::array();
        for (const auto& view : views)
            json.push_back(to_json(view));
        return print_json(json);
    }
    Table table({"SUBSCRIBER", "PLAN", "CLASS", "LOGINS"});
    for (const auto& view : views)
        table.add({view.subscriber.id, view.subscriber.plan,
                   std::string(subscriber::to_string(view.subscriber.klass)), join(view.logins, " ")});
    table.print();
    if (views.size() == filter.limit)
        std::cerr << "lazaret: there may be more: --after '" << views.back().subscriber.id << "' continues\n";
}

std::string limits_text(const subscriber::WindowLimits& limits) {
    auto one = [](const std::optional<std::uint32_t>& limit) {
        return limit ? std::to_string(*limit) : std::string("no limit");
    };
    return one(limits.per_minute) + " a minute, " + one(limits.per_hour) + " an hour, " +
           one(limits.per_day) + " a day";
}

void show(Context& context, const std::string& name) {
    auto view = value_or_fail(store::find_subscriber(context.database(), name));
    if (!view) throw Failure(Status::failed, "no subscriber, login or network is named \"" + name + "\"");
    auto plan = value_or_fail(store::find_plan(context.database(), view->subscriber.plan));
    store::QuarantineFilter filter;
    filter.subscriber = view->subscriber.id;
    auto active = value_or_fail(store::list_quarantine(context.database(), filter));
    if (context.json) {
        Json json = to_json(*view);
        json["networks"] = Json::array();
        for (const auto& network : view->networks)
            json["networks"].push_back(to_json(network));
        json["quarantine"] = Json::array();
        for (const auto& record : active)
            json["quarantine"].push_back(to_json(record, now()));
        return print_json(json);
    }
    std::cout << "Subscriber  " << view->subscriber.id << "\nPlan        " << view->subscriber.plan << "\n";
    if (plan)
        std::cout << "            messages: " << limits_text(plan->messages)
                  << "\n            recipients: " << limits_text(plan->recipients) << "\n";
    std::cout << "Class       " << subscriber::to_string(view->subscriber.klass)
              << (view->subscriber.is_protected ? ", protected: never confined automatically" : "") << "\n";
    std::cout << "Logins      " << (view->logins.empty() ? "none" : join(view->logins, "\n            "))
              << "\n";
    for (const auto& network : view->networks)
        std::cout << "Network     " << network.block.to_string()
                  << (network.relay ? ", may relay without AUTH" : "") << "\n";
    for (const auto& record : active)
        std::cout << "Quarantine  " << subscriber::to_string(record.quarantine.level) << " of "
                  << subscriber::in_words(record.quarantine.scope, record.quarantine.part) << " since "
                  << show_time(record.quarantine.start) << ": " << record.quarantine.reason << "\n";
}

/// A mail program that prefers SCRAM does not try anything else when it fails.
std::string scram_warning(const config::Auth& auth, const store::ImportSummary& summary) {
    const auto& offered = auth.mechanisms;
    const bool offers = auth.backend == config::AuthBackend::directory &&
                        std::any_of(offered.begin(), offered.end(), [](const auto& name) { return name.starts_with("SCRAM-"); });
    if (!offers || summary.logins_without_scram == 0) return {};
    return std::to_string(summary.logins_without_scram) + " of " + show_count(summary.logins, "login") +
           " have a hash that cannot do SCRAM: mail programs that prefer SCRAM, which auth.mechanisms offers, fail there whatever the "
           "password. Set auth.mechanisms = [\"PLAIN\", \"LOGIN\"], or import their passwords";
}

} // namespace

void import_files(Context& context, const store::ImportFiles& files, bool dry_run) {
    if (files.subscribers.empty() && files.networks.empty())
        throw Failure(Status::usage, "no file to import");
    const bool show_progress = isatty(STDERR_FILENO) && !context.json;
    bool shown = false;
    auto progress = [&](std::size_t done, std::size_t total) {
        if (!show_progress || total < 1000) return;
        std::cerr << "\rhashing passwords: " << done << " of " << total << std::flush;
        shown = true;
    };
    auto imported = store::import_files(context.database(), files, dry_run, progress);
    if (shown) std::cerr << "\n";
    auto summary = value_or_fail(std::move(imported));
    if (context.json) {
        Json json;
        json["dry_run"] = dry_run;
        if (!files.subscribers.empty()) {
            json["subscribers"] = counts_json(summary.subscribers);
            json["logins"] = summary.logins;
            json["logins_without_scram"] = summary.logins_without_scram;
        }
        if (!files.networks.empty()) json["networks"] = counts_json(summary.networks);
        return print_json(json);
    }
    std::vector<std::string> told;
    if (!files.subscribers.empty())
        told.push_back(counts_text(summary.subscribers, "subscriber") + ", " +
                       show_count(summary.logins, "login") + " written");
    if (!files.networks.empty()) told.push_back(counts_text(summary.networks, "network"));
    std::cout << join(told, "; ") << (dry_run ? " (dry run: nothing was kept)" : "") << "\n";
    if (const auto warning = scram_warning(context.configuration().auth, summary); !warning.empty())
        std::cerr << "lazaret: " << warning << "\n";
}

void add_subscriber(arguments::Command& program, Context& context) {
    auto subscriber = program.group("subscriber", "customers and their logins");

    struct Import {
        std::string file, networks;
        bool dry_run = false;
    };
    auto wanted = std::make_shared<Import>();
    auto import =
        subscriber.add("import", "take over CSV files: all lines or none; adds and changes, never deletes");
    import.option("FILE,--subscribers", wanted->file,
                  "columns subscriber,login,password,plan,class; a password may be a hash: {CRYPT}$6$..., or "
                  "SCRAM-SHA-256$...");
    import.option("--networks", wanted->networks, "columns cidr,class,relay,subscriber,plan").is("FILE");
    import.flag("--dry-run", wanted->dry_run, "check everything and keep nothing");
    import.run([&context, wanted] {
        store::ImportFiles files;
        files.subscribers = wanted->file;
        files.networks = wanted->networks;
        import_files(context, files, wanted->dry_run);
    });

    auto filter = std::make_shared<store::SubscriberFilter>();
    auto list_command = subscriber.add("list", "subscribers by name");
    list_command.option("TEXT", filter->text, "part of a subscriber's name or login");
    list_command.option("--after", filter->after, "begin after this subscriber").is("SUBSCRIBER");
    list_command.option("--limit", filter->limit, "at most so many").between(1, 10'000'000).shows_default();
    list_command.run([&context, filter] { list(context, *filter); });

    auto name = std::make_shared<std::string>();
    auto show_command = subscriber.add("show", "plan, logins, networks, confinement");
    show_command.option("SUBSCRIBER", *name, "a subscriber, or a login or address of one").required();
    show_command.run([&context, name] { show(context, *name); });
}

} // namespace lazaret::cli
