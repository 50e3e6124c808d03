// quarantine list, add, release, show, history

#include "store/quarantine.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/who.hpp"
#include "core/text.hpp"
#include "store/directory.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

namespace lazaret::cli {

namespace {

using store::QuarantineRecord;

std::string ends(const QuarantineRecord& record) {
    if (record.released_at) return "released " + show_time(*record.released_at) + " by " + record.released_by;
    return record.quarantine.expiry ? show_time(*record.quarantine.expiry) : "until released";
}

void print_list(Context& context, const std::vector<QuarantineRecord>& records) {
    const Time at = now();
    if (context.json) {
        Json json = Json::array();
        for (const auto& record : records)
            json.push_back(to_json(record, at));
        return print_json(json);
    }
    Table table({"ID", "SUBSCRIBER", "LEVEL", "SCOPE", "SINCE", "END", "AUTHOR", "REASON"});
    for (const auto& record : records) {
        const auto& q = record.quarantine;
        table.add({std::to_string(q.id), q.subscriber, std::string(subscriber::to_string(q.level)),
                   subscriber::in_words(q.scope, q.part), show_time(q.start), ends(record), q.author, q.reason});
    }
    table.print();
}

void print_one(Context& context, const QuarantineRecord& record) {
    const auto& q = record.quarantine;
    if (context.json) return print_json(to_json(record, now()));
    std::cout << "Quarantine  " << q.id << (record.active(now()) ? ", active" : ", not active")
              << "\nSubscriber  " << q.subscriber << "\nLevel       " << subscriber::to_string(q.level)
              << "\nScope       " << subscriber::in_words(q.scope, q.part) << "\nReason      " << q.reason << "\nAuthor      " << q.author << "\nStart       "
              << show_time(q.start) << "\nEnd         " << ends(record) << "\nCase        " << q.token
              << "\n";
    if (!record.release_reason.empty()) std::cout << "Released    " << record.release_reason << "\n";
    if (record.incident)
        std::cout << "Incident    " << *record.incident << " (lazaret incident show " << *record.incident
                  << ")\n";
}

std::vector<QuarantineRecord> records_of(Context& context, const std::string& subscriber, bool active_only) {
    store::QuarantineFilter filter;
    filter.subscriber = subscriber;
    filter.active_only = active_only;
    return value_or_fail(store::list_quarantine(context.database(), filter));
}

struct Add {
    std::string subscriber, reason, level = "block", length, account, address;
    bool bounces = false, dry_run = false;
};

/// What of the subscriber's mail is meant.
void set_scope(Context& context, const Add& wanted, store::NewQuarantine& what) {
    using subscriber::Scope;
    if (!wanted.account.empty() + !wanted.address.empty() + wanted.bounces > 1)
        throw Failure(Status::usage, "name one of --account, --address and --bounces");
    if (!wanted.account.empty()) {
        what.scope = Scope::account;
        what.part = ascii_lowercase(wanted.account);
        const auto owner = value_or_fail(store::find_subscriber(context.database(), what.part));
        if (!owner || owner->subscriber.id != what.subscriber || std::ranges::find(owner->logins, what.part) == owner->logins.end())
            throw Failure(Status::failed, "\"" + wanted.account + "\" is no login of " + what.subscriber);
    } else if (!wanted.address.empty()) {
        const auto block = Cidr::parse(wanted.address);
        if (!block) throw Failure(Status::usage, "--address " + wanted.address + ": " + block.error().message);
        what.scope = Scope::address;
        what.part = wanted.address.find('/') == std::string::npos ? block->base().to_string() : block->to_string();
    } else if (wanted.bounces) {
        what.scope = Scope::bounces;
    }
}

void add(Context& context, const Add& wanted) {
    store::NewQuarantine what;
    what.level = subscriber::parse_level(wanted.level).value();
    what.reason = std::string(trim(wanted.reason));
    if (what.reason.empty())
        throw Failure(Status::usage, "--reason is empty: the subscriber reads it in every refusal");
    what.author = operator_name();
    if (!wanted.length.empty()) {
        auto length = parse_duration(wanted.length);
        if (!length) throw Failure(Status::usage, "--for " + wanted.length + ": " + length.error().message);
        what.length = *length;
    }
    what.subscriber = resolve_subscriber(context.database(), wanted.subscriber);
    set_scope(context, wanted, what);
    if (!wanted.dry_run)
        return print_one(context, value_or_fail(store::add_quarantine(context.database(), what)));
    const std::string length = what.length ? " for " + show_span(*what.length) : " until released";
    if (context.json) {
        Json json;
        json["dry_run"] = true;
        json["subscriber"] = what.subscriber;
        json["level"] = wanted.level;
        json["scope"] = std::string(subscriber::to_string(what.scope));
        json["part"] = what.part.empty() ? Json() : Json(what.part);
        json["reason"] = what.reason;
        json["author"] = what.author;
        return print_json(json);
    }
    const std::string scope =
        what.scope == subscriber::Scope::everything ? "" : " (" + subscriber::in_words(what.scope, what.part) + " only)";
    std::cout << "would confine " << what.subscriber << scope << " at level " << wanted.level << length << ": "
              << what.reason << "\n";
}

struct Release {
    std::string subscriber, reason;
    std::int64_t id = 0;
    bool dry_run = false;
};

void release(Context& context, const Release& wanted) {
    if (wanted.subscriber.empty() == (wanted.id == 0))
        throw Failure(Status::usage, "name either a subscriber or --id N");
    if (trim(wanted.reason).empty()) throw Failure(Status::usage, "--reason is empty");
    store::Database& database = context.database();
    std::vector<QuarantineRecord> records;
    const std::string who = wanted.id ? "" : resolve_confined(database, wanted.subscriber);
    if (wanted.dry_run) {
        for (auto& record : records_of(context, who, true))
            if (!wanted.id || record.quarantine.id == wanted.id) records.push_back(std::move(record));
    } else if (wanted.id) {
        records =
            value_or_fail(store::release_quarantine(database, wanted.id, operator_name(), wanted.reason));
    } else {
        records = value_or_fail(store::release_subscriber(database, who, operator_name(), wanted.reason));
    }
    if (records.empty())
        throw Failure(Status::failed,
                      wanted.id ? "no active confinement has the number " + std::to_string(wanted.id)
                                : "\"" + wanted.subscriber + "\" is not confined");
    if (context.json) return print_list(context, records);
    for (const auto& record : records)
        std::cout << (wanted.dry_run ? "would release " : "released ") << record.quarantine.subscriber
                  << " from level " << subscriber::to_string(record.quarantine.level) << " ("
                  << subscriber::in_words(record.quarantine.scope, record.quarantine.part) << ", number " << record.quarantine.id
                  << ")\n";
}

void show(Context& context, const std::string& name) {
    store::Database& database = context.database();
    std::optional<QuarantineRecord> found = value_or_fail(store::find_quarantine_token(database, name));
    if (auto id = parse_unsigned(name); !found && id && *id <= INT64_MAX)
        found = value_or_fail(store::find_quarantine(database, static_cast<std::int64_t>(*id)));
    if (!found) {
        auto records = records_of(context, resolve_confined(database, name), true);
        if (!records.empty()) found = records.front();
    }
    if (!found)
        throw Failure(Status::failed, "no confinement has the number or case \"" + name +
                                          "\", and no subscriber so named is confined");
    print_one(context, *found);
}

} // namespace

void add_quarantine(arguments::Command& program, Context& context) {
    auto quarantine = program.group("quarantine", "confine and release subscribers");

    auto all = std::make_shared<bool>(false);
    auto only = std::make_shared<std::string>();
    auto list = quarantine.add("list", "who is confined");
    list.option("SUBSCRIBER", *only, "of this one only");
    list.flag("--all", *all, "ended confinements, too");
    list.run([&context, all, only] {
        print_list(
            context,
            records_of(context, only->empty() ? "" : resolve_confined(context.database(), *only), !*all));
    });

    auto adding = std::make_shared<Add>();
    auto add_command = quarantine.add("add", "confine a subscriber; submission obeys within a second");
    add_command.option("SUBSCRIBER", adding->subscriber, "a subscriber, or a login or address of one").required();
    add_command.option("--reason", adding->reason, "one sentence that the subscriber reads in every refusal").required();
    add_command.option("--level", adding->level, "how much")
        .one_of({"watch", "throttle", "divert", "block", "garden"})
        .shows_default();
    add_command.option("--account", adding->account, "only what is sent with this login").is("LOGIN");
    add_command.option("--address", adding->address, "only what this client address or block sends without a login").is("ADDRESS");
    add_command.flag("--bounces", adding->bounces, "only mail without a sender");
    add_command.option("--for", adding->length, "how long, like 30m, 12h, 7d; without it until released").is("DURATION");
    add_command.flag("--dry-run", adding->dry_run, "only tell what would be done");
    add_command.run([&context, adding] { add(context, *adding); });

    auto releasing = std::make_shared<Release>();
    auto release_command = quarantine.add("release", "end a confinement");
    release_command.option("SUBSCRIBER", releasing->subscriber,
                           "all confinements of a subscriber, or of one who has this login or address");
    release_command.option("--id", releasing->id, "only this one").is("N").positive();
    release_command.option("--reason", releasing->reason, "why, for the history").required();
    release_command.flag("--dry-run", releasing->dry_run, "only tell what would be done");
    release_command.run([&context, releasing] { release(context, *releasing); });

    auto name = std::make_shared<std::string>();
    auto show_command = quarantine.add("show", "one confinement");
    show_command
        .option("CASE", *name, "the case that a refusal's address names, a number from the list, or a subscriber")
        .required();
    show_command.run([&context, name] { show(context, *name); });

    auto whose = std::make_shared<std::string>();
    auto history = quarantine.add("history", "all confinements of a subscriber");
    history.option("SUBSCRIBER", *whose, "a subscriber, or a login or address of one").required();
    history.run([&context, whose] {
        print_list(context, records_of(context, resolve_confined(context.database(), *whose), false));
    });
}

} // namespace lazaret::cli
