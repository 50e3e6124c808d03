#include "engine/incidents.hpp"

#include "engine/metrics.hpp"
#include "log/log.hpp"
#include "respond/ticket.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace lazaret::engine {
namespace {

std::string evidence_json(const detect::Suspicion& suspicion) {
    auto list = nlohmann::json::array();
    for (const auto& line : suspicion.evidence) {
        nlohmann::json entry;
        entry["kind"] = std::string(detect::to_string(line.kind));
        entry["llr"] = std::round(line.llr * 100) / 100;
        entry["count"] = line.count;
        entry["reason"] = line.reason;
        list.push_back(std::move(entry));
    }
    return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string guard_words(store::Guard guard) {
    switch (guard) {
    case store::Guard::none: return "";
    case store::Guard::not_wanted: return "protected subscriber, old evidence, or engine.confine is warn";
    case store::Guard::already_confined: return "confined already";
    case store::Guard::too_many: return "engine.max_confinements_per_hour is reached";
    }
    return "";
}

} // namespace

Policy::Policy(const config::Config& config)
    : confine(config.engine.confine), confine_for(config.engine.confine_for),
      max_confinements_per_hour(config.engine.max_confinements_per_hour),
      tickets(!config.tickets.url.empty()), node(config.node.name) {}

store::Response Policy::response() const {
    store::Response response;
    response.confine_for = confine_for;
    response.max_confinements_per_hour = max_confinements_per_hour;
    if (tickets)
        response.notice = [source = node](const store::Outcome& outcome) {
            return respond::make_notice(outcome, source, now());
        };
    return response;
}

store::Conviction to_conviction(const std::string& subscriber, const detect::Suspicion& suspicion) {
    store::Conviction conviction;
    conviction.subscriber = subscriber;
    conviction.cause = suspicion.cause;
    conviction.summary = detect::words(suspicion);
    conviction.evidence = evidence_json(suspicion);
    conviction.score = suspicion.score;
    conviction.threshold = suspicion.threshold;
    conviction.at = suspicion.at;
    conviction.campaign = suspicion.text;
    conviction.joins = suspicion.campaign != 0;
    conviction.names = suspicion.names;
    if (suspicion.shared != detect::CampaignKind::text) conviction.shared_name = suspicion.campaign;
    conviction.shared = detect::in_words(suspicion.shared);
    if (suspicion.first_event != Time{}) conviction.first_event = suspicion.first_event;
    conviction.reason = respond::reason_for_subscriber(suspicion.cause, suspicion.scope, suspicion.part);
    conviction.scope = suspicion.scope;
    conviction.part = suspicion.part;
    for (const auto& trace : suspicion.samples)
        conviction.samples.push_back(trace.to_string());
    return conviction;
}

bool wants_confinement(const Policy& policy, bool is_protected, Time evidence_at, Time now) {
    return policy.confine == config::Mode::enforce && !is_protected && now - evidence_at < policy.confine_for;
}

void report(const std::vector<store::Outcome>& outcomes) {
    for (const auto& outcome : outcomes) {
        const auto& incident = outcome.incident;
        if (!incident.is_open) {
            log::info(
                "incident_closed", "the confinement has ended and nothing further was seen",
                {{"incident", incident.id}, {"subscriber", incident.subscriber}, {"cause", incident.cause}});
            continue;
        }
        if (outcome.opened) {
            numbers().count_incident(incident.cause);
            log::warn("incident_opened", incident.summary,
                      {{"incident", incident.id},
                       {"subscriber", incident.subscriber},
                       {"cause", incident.cause},
                       {"score", incident.score},
                       {"threshold", incident.threshold}});
        }
        if (outcome.confined) {
            numbers().confined.Increment();
            log::warn("confined", "the subscriber cannot send such mail until the expiry or a release",
                      {{"incident", incident.id},
                       {"subscriber", outcome.subscriber},
                       {"scope", subscriber::in_words(outcome.quarantine->scope, outcome.quarantine->part)},
                       {"quarantine", outcome.quarantine->id},
                       {"expiry",
                        outcome.quarantine->expiry ? format_rfc3339(*outcome.quarantine->expiry) : "none"}});
        } else if (outcome.opened) {
            log::warn("not_confined",
                      incident.cause == detect::policy_mistake ? "there is nothing to stop" : guard_words(outcome.guard),
                      {{"incident", incident.id}, {"subscriber", incident.subscriber}});
        }
    }
}

} // namespace lazaret::engine
