// explain: everything known about one subscriber's trouble, in sentences a support agent can read aloud.

#include "cli/commands.hpp"
#include "cli/incident_text.hpp"
#include "cli/output.hpp"
#include "cli/who.hpp"
#include "core/text.hpp"
#include "event/repeated.hpp"
#include "respond/ticket.hpp"
#include "store/directory.hpp"
#include "store/events.hpp"
#include "store/exhibits.hpp"
#include "store/incidents.hpp"
#include "store/quarantine.hpp"
#include "store/spf_report.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

namespace lazaret::cli {

namespace {

using event::DeliveryStatus;
using event::RefusedBy;
using event::Type;

struct Picture {
    std::string id;
    Time at{};
    std::optional<store::SubscriberView> view;
    std::vector<store::QuarantineRecord> records; // newest first, ended ones too
    std::vector<store::IncidentRecord> incidents; // likewise
    std::vector<store::EventCount> day, week;
    std::vector<store::SpfCount> spf; // of the week, what hurts
    std::vector<store::ExhibitRecord> exhibits; // the newest, if there is any
};

const char* effect(subscriber::Level level) {
    switch (level) {
    case subscriber::Level::watch: return "it can send mail as usual and is being watched";
    case subscriber::Level::throttle: return "it can send only a little mail";
    case subscriber::Level::divert: return "its mail leaves by the addresses kept for risky mail";
    case subscriber::Level::block: return "it cannot send mail";
    case subscriber::Level::garden: return "it cannot send mail and sees a page that says so";
    }
    return "";
}

const char* refuser(RefusedBy who) {
    switch (who) {
    case RefusedBy::nobody: return "without a stated cause";
    case RefusedBy::quarantine: return "because it is confined";
    case RefusedBy::limit: return "because it had sent too much";
    case RefusedBy::content: return "for its content";
    case RefusedBy::next_hop: return "by the mail server behind Lazaret";
    case RefusedBy::protocol: return "because the program broke the rules of SMTP";
    case RefusedBy::rights: return "because it may not do that";
    case RefusedBy::unavailable: return "for the time being, because something here was not available";
    }
    return "";
}

/// What was seen, one sentence per kind; the most frequent reasons in brackets.
std::vector<std::string> seen_lines(const std::vector<store::EventCount>& counts) {
    std::uint64_t relayed = 0, recipients = 0, logins = 0, connections = 0;
    std::map<DeliveryStatus, std::uint64_t> deliveries;
    struct Refused {
        std::uint64_t events = 0;
        std::vector<std::string> reasons; // most frequent first, since the counts are
    };
    std::map<RefusedBy, Refused> refused;
    for (const auto& counted : counts) {
        const bool is_theirs = counted.refused_by == RefusedBy::next_hop; // its reason may say anything
        const auto [reason, times] = is_theirs ? event::Repeated{counted.reason, 1} : event::parse_repeated(counted.reason);
        switch (counted.type) {
        case Type::message_relayed: relayed += counted.events, recipients += counted.recipients; break;
        case Type::login_failed: logins += counted.events * times; break;
        case Type::connection_refused: connections += counted.events; break;
        case Type::delivery_result: deliveries[counted.delivery] += counted.events; break;
        case Type::message_refused: {
            Refused& sum = refused[counted.refused_by];
            sum.events += counted.events * times;
            if (const auto shown = printable(reason, 120); !shown.empty() && sum.reasons.size() < 3 &&
                std::find(sum.reasons.begin(), sum.reasons.end(), shown) == sum.reasons.end())
                sum.reasons.push_back(shown);
        }
        }
    }
    std::vector<std::string> lines;
    if (relayed)
        lines.push_back(show_count(relayed, "message") + " sent to " + show_count(recipients, "recipient"));
    for (const auto& [who, sum] : refused)
        lines.push_back(show_count(sum.events, "message") + " refused " + refuser(who) +
                        (sum.reasons.empty() ? "" : " (" + join(sum.reasons, "; ") + ")"));
    if (auto bounced = deliveries[DeliveryStatus::bounced] + deliveries[DeliveryStatus::expired])
        lines.push_back(show_count(bounced, "delivery attempt") + " failed for good at the other side, of " +
                        std::to_string(bounced + deliveries[DeliveryStatus::sent]));
    if (auto deferred = deliveries[DeliveryStatus::deferred])
        lines.push_back(show_count(deferred, "delivery attempt") + " put off by the other side");
    if (logins) lines.push_back(show_count(logins, "failed login"));
    if (connections) lines.push_back(show_count(connections, "connection") + " refused");
    if (lines.empty()) lines.push_back("nothing");
    return lines;
}

const store::QuarantineRecord* active(const Picture& picture) {
    const store::QuarantineRecord* strongest = nullptr;
    for (const auto& record : picture.records)
        if (record.active(picture.at) &&
            (!strongest || record.quarantine.level > strongest->quarantine.level))
            strongest = &record;
    return strongest;
}

const store::IncidentRecord* incident_of(const Picture& picture, const store::QuarantineRecord* record) {
    for (const auto& incident : picture.incidents)
        if (record && record->incident == incident.id) return &incident;
    const store::IncidentRecord* gravest = nullptr; // a mistake, which has no score, explains nothing else
    for (const auto& incident : picture.incidents)
        if (incident.is_open && (!gravest || incident.score > gravest->score)) gravest = &incident;
    return gravest;
}

std::string advice(const Picture& picture) {
    const auto* record = active(picture);
    const auto* incident = incident_of(picture, record);
    if (incident && (incident->is_open || record))
        return respond::advice(incident->cause) +
               (record ? " To release: lazaret quarantine release " + picture.id + " --reason '...'" : "");
    if (record)
        return "Ask " + record->quarantine.author +
               ", who confined it by hand, before you release it: lazaret quarantine release " + picture.id +
               " --reason '...'";
    return "Nothing: it may send mail.";
}

Picture look(Context& context, const std::string& name) {
    store::Database& database = context.database();
    Picture picture;
    picture.at = now();
    picture.id = resolve_confined(database, name);
    picture.view = value_or_fail(store::find_subscriber(database, picture.id));
    store::QuarantineFilter confinements;
    confinements.subscriber = picture.id;
    confinements.active_only = false;
    picture.records = value_or_fail(store::list_quarantine(database, confinements));
    store::IncidentFilter incidents;
    incidents.subscriber = picture.id;
    incidents.open_only = false;
    picture.incidents = value_or_fail(store::list_incidents(database, incidents));
    for (auto& incident : picture.incidents) { // of a campaign: what speaks against this one
        if (incident.member_count < 2) continue;
        if (const auto member = value_or_fail(store::find_member(database, incident.id, picture.id))) {
            incident.summary = member->summary + " (one of " + show_count(incident.member_count, "subscriber") +
                               " of one campaign)";
            incident.evidence = member->evidence;
        }
    }
    picture.day =
        value_or_fail(store::count_events(database, picture.id, picture.at - std::chrono::hours(24)));
    picture.week =
        value_or_fail(store::count_events(database, picture.id, picture.at - std::chrono::hours(7 * 24)));
    store::ExhibitFilter exhibits;
    exhibits.subscriber = picture.id;
    exhibits.limit = 1;
    picture.exhibits = value_or_fail(store::list_exhibits(database, exhibits));
    store::SpfFilter spf;
    spf.subscriber = picture.id;
    spf.since = picture.at - std::chrono::hours(7 * 24);
    picture.spf = value_or_fail(store::count_spf(database, spf));
    if (!picture.view && picture.records.empty() && picture.incidents.empty() && picture.week.empty())
        throw Failure(Status::failed, "no subscriber, login or network is named \"" + name + "\"");
    return picture;
}

const char* effect(subscriber::Scope scope) {
    switch (scope) {
    case subscriber::Scope::everything: return "It is confined";
    case subscriber::Scope::account: return "One of its logins is confined";
    case subscriber::Scope::address: return "What one address of it sends without a login is confined";
    case subscriber::Scope::bounces: return "Its mail without a sender is confined";
    }
    return "";
}

void print_confinement(const subscriber::Quarantine& q, Time now) {
    std::cout << effect(q.scope) << (q.part.empty() ? "" : ", " + q.part) << ", level " << subscriber::to_string(q.level) << ": "
              << effect(q.level) << ".\n"
              << "Since " << show_time(q.start) << " (" << show_ago(q.start, now) << "), by " << q.author << ", "
              << (q.expiry ? "until " + show_time(*q.expiry) + " (" + show_ago(*q.expiry, now) + ")"
                           : std::string("until somebody releases it"))
              << ".\nThe subscriber reads: " << q.reason << ".\nCase: " << q.token << ".\n";
}

void print_text(const Picture& picture) {
    std::cout << "Subscriber " << picture.id;
    if (picture.view) {
        std::cout << ", plan " << picture.view->subscriber.plan << ", class "
                  << subscriber::to_string(picture.view->subscriber.klass);
        if (!picture.view->logins.empty()) std::cout << ", logins " << join(picture.view->logins, ", ");
        if (picture.view->subscriber.is_protected) std::cout << "; protected: never confined automatically";
    }
    std::cout << ".\n\n";

    const auto* record = active(picture);
    if (!record) std::cout << "It is not confined.\n";
    for (const auto& each : picture.records)
        if (each.active(picture.at)) print_confinement(each.quarantine, picture.at);
    if (const auto* incident = incident_of(picture, record)) {
        std::cout << "\nWhy: " << incident->summary << "\nIncident " << incident->id << ", cause "
                  << incident->cause << ", " << (incident->is_open ? "open" : "closed") << " since "
                  << show_time(incident->is_open ? incident->opened_at
                                                 : incident->closed_at.value_or(incident->updated_at))
                  << (incident->ticket.empty() ? "" : ", ticket " + incident->ticket)
                  << ". What counted against it, heaviest first:\n";
        for (const std::string& line : evidence_lines(*incident))
            std::cout << "  " << line << "\n";
    }
    for (const auto& [title, counts] :
         {std::pair{"last 24 hours", &picture.day}, std::pair{"last 7 days", &picture.week}}) {
        std::cout << "\nSeen in the " << title << ":\n";
        for (const std::string& line : seen_lines(*counts))
            std::cout << "  " << line << "\n";
    }
    if (!picture.exhibits.empty())
        std::cout << "\nThe newest message of which something is kept: " << show_time(picture.exhibits[0].at)
                  << " (lazaret exhibit " << picture.id << ").\n";
    for (const auto& each : picture.spf)
        std::cout << "\nMail from " << each.domain << " fails SPF when it leaves through us (" << to_string(each.verdict) << ", "
                  << show_count(each.messages, "message") << " in 7 days), so that others may refuse or mark it: "
                  << (each.verdict == spf::Verdict::permerror ? "the domain's SPF record is wrong" : "the domain's SPF record does not name our addresses")
                  << ".\n";
    std::size_t ended = 0;
    for (const auto& old : picture.records)
        ended += !old.active(picture.at);
    if (ended)
        std::cout << "\nConfined before: " << show_count(ended, "time") << " (lazaret quarantine history "
                  << picture.id << ").\n";
    std::cout << "\nWhat to do: " << advice(picture) << "\n";
}

Json counts_json(const std::vector<store::EventCount>& counts) {
    Json json = Json::array();
    for (const auto& counted : counts) {
        Json one;
        one["type"] = std::string(event::to_string(counted.type));
        one["refused_by"] = std::string(event::to_string(counted.refused_by));
        one["delivery"] = std::string(event::to_string(counted.delivery));
        one["reason"] = counted.reason;
        one["events"] = counted.events;
        one["recipients"] = counted.recipients;
        one["first"] = format_rfc3339(counted.first);
        one["last"] = format_rfc3339(counted.last);
        json.push_back(std::move(one));
    }
    return json;
}

void print(const Picture& picture) {
    const auto* record = active(picture);
    const auto* incident = incident_of(picture, record);
    Json json;
    json["subscriber"] = picture.id;
    json["known"] = picture.view ? to_json(*picture.view) : Json();
    json["confined"] = record != nullptr;
    json["quarantine"] = record ? to_json(*record, picture.at) : Json();
    json["incident"] = incident ? to_json(*incident) : Json();
    json["last_24_hours"] = counts_json(picture.day);
    json["last_7_days"] = counts_json(picture.week);
    json["newest_exhibit"] = picture.exhibits.empty() ? Json() : Json(picture.exhibits[0].trace);
    json["spf"] = Json::array();
    for (const auto& each : picture.spf) {
        Json one;
        one["domain"] = each.domain;
        one["spf"] = std::string(to_string(each.verdict));
        one["messages"] = each.messages;
        one["last"] = format_rfc3339(each.last);
        json["spf"].push_back(std::move(one));
    }
    json["history"] = Json::array();
    for (const auto& old : picture.records)
        json["history"].push_back(to_json(old, picture.at));
    json["advice"] = advice(picture);
    print_json(json);
}

} // namespace

void add_explain(arguments::Command& program, Context& context) {
    auto name = std::make_shared<std::string>();
    auto explain = program.add("explain", "is a subscriber confined, why, since when, what to do");
    explain.option("SUBSCRIBER", *name, "a subscriber, or a login or address of one").required();
    explain.run([&context, name] {
        const Picture picture = look(context, *name);
        context.json ? print(picture) : print_text(picture);
    });
}

} // namespace lazaret::cli
