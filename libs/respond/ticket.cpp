#include "respond/ticket.hpp"

#include "core/ids.hpp"

#include <nlohmann/json.hpp>

namespace lazaret::respond {
namespace {

using store::Guard;
using store::Outcome;
using subscriber::Scope;

std::string action_of(const Outcome& outcome) {
    if (!outcome.incident.is_open) return "resolved";
    return outcome.opened || outcome.first_told ? "opened" : "updated";
}

std::string type_of(const Outcome& outcome) {
    if (!outcome.incident.is_open) return "incident.closed";
    return outcome.opened || outcome.first_told ? "incident.opened" : "incident.updated";
}

std::string severity_of(const Outcome& outcome) {
    if (!outcome.incident.is_open) return "info";
    if (outcome.incident.cause == "policy_mistake") return "warning";
    // Mail still flows and a human has to act: that is worse than a subscriber who is already confined.
    return outcome.quarantine ? "warning" : "critical";
}

std::string confined_words(const subscriber::Quarantine& quarantine) {
    switch (quarantine.scope) {
    case Scope::everything: return "The subscriber has been confined: it cannot send mail.";
    case Scope::account:
        return "The login " + quarantine.part + " has been confined: it cannot send mail. The subscriber's other mail goes on.";
    case Scope::address:
        return "The address " + quarantine.part +
               " has been confined: it cannot send mail without a login. The subscriber's other mail goes on.";
    case Scope::bounces: return "The subscriber's mail without a sender is refused. Its other mail goes on.";
    }
    return "";
}

std::string response_of(const Outcome& outcome) {
    if (!outcome.incident.is_open) return "The confinement has ended and nothing further has been seen.";
    if (outcome.confined && outcome.incident.member_count > 1)
        return "Subscriber " + outcome.subscriber + " takes part in it and has been confined: it cannot send mail.";
    if (outcome.confined) return confined_words(*outcome.quarantine);
    if (outcome.incident.cause == "policy_mistake") return "Nothing was stopped. Please tell the subscriber.";
    switch (outcome.guard) {
    case Guard::already_confined: return "The subscriber was already confined.";
    case Guard::too_many:
        return "Not confined: the number of automatic confinements in this hour is used up. Please decide by "
               "hand, about this incident and those that lazaret incident list shows beside it: they get no tickets of their own "
               "within the hour.";
    default:
        return "Not confined: this subscriber or this installation is set to tickets only. Please decide by "
               "hand.";
    }
}

nlohmann::json quarantine_json(const subscriber::Quarantine& quarantine) {
    nlohmann::json json;
    json["id"] = quarantine.id;
    json["level"] = std::string(subscriber::to_string(quarantine.level));
    json["scope"] = std::string(subscriber::to_string(quarantine.scope));
    if (!quarantine.part.empty()) json["part"] = quarantine.part;
    json["reason"] = quarantine.reason;
    json["author"] = quarantine.author;
    json["start"] = format_rfc3339(quarantine.start);
    if (quarantine.expiry) json["expiry"] = format_rfc3339(*quarantine.expiry);
    return json;
}

/// The beginning of the header, in whole lines; all of it is in the table.
std::string cut_header(const std::string& header) {
    constexpr std::size_t most = 1500;
    if (header.size() <= most) return header;
    return header.substr(0, header.rfind('\n', most - 1) + 1);
}

nlohmann::json exhibits_json(const std::vector<store::ExhibitRecord>& exhibits) {
    auto list = nlohmann::json::array();
    for (const auto& each : exhibits) {
        nlohmann::json one;
        one["trace"] = each.trace;
        one["at"] = format_rfc3339(each.at);
        one["reason"] = each.reason;
        one["header"] = cut_header(each.exhibit.header);
        one["excerpt"] = each.exhibit.excerpt;
        list.push_back(std::move(one));
    }
    return list;
}

nlohmann::json data_json(const Outcome& outcome, Time at) {
    const auto& incident = outcome.incident;
    nlohmann::json data;
    data["schema_version"] = 1;
    data["incident_id"] = incident.id;
    data["action"] = action_of(outcome);
    data["dedup_key"] = "lazaret-incident-" + std::to_string(incident.id);
    data["severity"] = severity_of(outcome);
    data["subscriber"] = outcome.subscriber;
    data["subscribers"] = incident.members;
    data["subscriber_count"] = incident.member_count;
    data["cause"] = incident.cause;
    data["summary"] = incident.summary;
    data["occurred_at"] = format_rfc3339(at);
    data["opened_at"] = format_rfc3339(incident.opened_at);
    if (incident.first_event) data["first_event"] = format_rfc3339(*incident.first_event);
    data["score"] = incident.score;
    data["threshold"] = incident.threshold;
    data["evidence"] = nlohmann::json::parse(incident.evidence, nullptr, false);
    if (data["evidence"].is_discarded()) data["evidence"] = nlohmann::json::array();
    data["quarantine"] = outcome.quarantine ? quarantine_json(*outcome.quarantine) : nlohmann::json();
    data["response"] = response_of(outcome);
    data["needs_human"] =
        outcome.guard == Guard::too_many || (outcome.guard == Guard::not_wanted && incident.is_open);
    data["samples"] = outcome.samples;
    data["exhibits"] = exhibits_json(outcome.exhibits);
    if (incident.is_open) data["advice"] = advice(incident.cause);
    return data;
}

} // namespace

std::string reason_for_subscriber(const std::string& cause, Scope scope, const std::string& part) {
    const std::string blocked = scope == Scope::account   ? "sending mail as " + part + " is blocked"
                                : scope == Scope::address ? "sending mail from " + part + " is blocked"
                                : scope == Scope::bounces ? "its bounces are refused"
                                                          : "sending mail is blocked";
    if (cause == "bot")
        return "A device on your connection or a program with your password is sending spam, so " + blocked +
               " until it has been cleaned";
    if (cause == "campaign")
        return "A device on your connection takes part in sending spam together with others, so " + blocked +
               " until it has been cleaned";
    if (cause == "stolen_account")
        return "Somebody uses your mail password from many places to send spam, so " + blocked + " until it has been changed";
    if (cause == "backscatter")
        return "Your mail server returns spam to people who never sent it, so " + blocked + " until it refuses such mail instead";
    if (cause == "runaway")
        return "A program on your connection sends the same message again and again, so " + blocked + " until it has been stopped";
    if (cause == "bulk")
        return "Mail to many people who did not ask for it was sent from your connection, so " + blocked;
    return "Unwanted mail was sent from your connection, so " + blocked;
}

std::string advice(const std::string& cause) {
    if (cause == "bot")
        return "Tell the subscriber that a device on the connection, or somebody who knows the mail "
               "password, is sending "
               "spam. Have every computer and phone there checked for malware and the mail password changed. "
               "Release the "
               "confinement when that is done.";
    if (cause == "campaign")
        return "Several subscribers send the same in small doses: one text, links to one host, or from one HELO name or mail "
               "program; the evidence says which. Tell the "
               "subscriber that a device on the connection sends spam, and have every computer and phone there "
               "checked for malware. What cures one cures the others. Release the confinement when that is done.";
    if (cause == "stolen_account")
        return "Tell the subscriber that the mail password is known to others, who use it from many networks. "
               "Have it changed, and the device checked that may have lost it. Release the confinement when that "
               "is done.";
    if (cause == "backscatter")
        return "Tell the administrator of the mail server that it accepts mail for addresses that do not exist, or "
               "spam, and bounces it to forged senders. It has to refuse such mail during the SMTP session. "
               "Release the confinement when that is done.";
    if (cause == "runaway")
        return "Tell the subscriber that a program there (a scheduled job, a monitoring script, a web form) sends the same "
               "message again and again, many of them to addresses that do not exist. Have it stopped or mended. Release the "
               "confinement when that is done.";
    if (cause == "bulk")
        return "Ask the subscriber for what these recipients have agreed to, and whether a web form or a script "
               "there can be used by strangers. Release the confinement when that is settled.";
    if (cause == "policy_mistake")
        return "Tell the subscriber that its mail does not arrive: other servers ask the sender's domain (SPF, DKIM, DMARC), and it "
               "does not let this smarthost send for it, or does not exist. Have the smarthost added to the domain's SPF record, or "
               "the sender address corrected; lazaret spf lists the domains and what their records say. Where the mail is passed on for "
               "others, have it sent with an address of the subscriber's own domain.";
    return "Ask the subscriber what sent this mail, and release the confinement when it has stopped.";
}

store::Notice make_notice(const Outcome& outcome, const std::string& node, Time at) {
    store::Notice notice;
    notice.webhook_id = "msg_" + random_token();
    notice.type = type_of(outcome);
    nlohmann::json envelope;
    envelope["specversion"] = "1.0";
    envelope["id"] = notice.webhook_id;
    envelope["source"] = "lazaret/" + node;
    envelope["type"] = notice.type;
    envelope["subject"] = outcome.incident.subscriber;
    envelope["time"] = format_rfc3339(at);
    envelope["datacontenttype"] = "application/json";
    envelope["data"] = data_json(outcome, at);
    notice.body = envelope.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return notice;
}

} // namespace lazaret::respond
