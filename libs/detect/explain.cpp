// A suspicion in words: a line for each kind of evidence, and the cause.

#include "detect/cause.hpp"
#include "detect/detector.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace lazaret::detect {
namespace {

std::uint32_t whole(double value) {
    return static_cast<std::uint32_t>(std::llround(std::clamp(value, 0.0, 4e9)));
}

std::string counted(double value, const char* one, const char* many) {
    const auto number = whole(value);
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string hex(std::uint64_t number) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
    return digits;
}

Contribution about_content(const State& state) {
    double sent = state.content.trials, caught = state.content.hits, texts = state.content.trials;
    for (const Text& text : state.texts.slots) {
        sent += text.sent;
        caught += text.caught;
        texts += text.empty() ? 0 : 1;
    }
    std::string reason = "the content rules caught " + std::to_string(whole(caught)) + " of " +
                         counted(sent, "message", "messages") + " (" + counted(texts, "text", "different texts") + ")";
    if (!state.rule_name().empty()) reason += ", last by " + std::string(state.rule_name());
    return Contribution(Kind::content, 0, whole(caught), reason);
}

Contribution about_failing(const State& state) {
    std::string reason = std::to_string(whole(state.failing.hits)) + " of " +
                         counted(state.failing.trials, "recipient does", "recipients do") + " not exist";
    if (state.awaited >= 0.5f) reason += ", " + std::to_string(whole(state.awaited)) + " to come";
    return Contribution(Kind::failing_recipients, 0, whole(state.failing.hits), reason);
}

Contribution about_spread(const State& state) {
    std::string reason;
    double most = 0;
    const auto tell = [&](const Trait& trait, const char* one, const char* many) {
        most = std::max<double>(most, trait.run.hits);
        if (trait.run.hits < 0.5f) return;
        reason += (reason.empty() ? "" : ", ") + counted(trait.run.hits, one, many);
    };
    tell(state.senders, "sender address", "sender addresses");
    tell(state.helos, "HELO name", "HELO names");
    tell(state.networks, "client network", "client networks");
    const double messages =
        std::max({state.senders.run.trials, state.helos.run.trials, state.networks.run.trials});
    reason = reason.empty() ? "nothing but the usual sender addresses, HELO names and client networks"
                            : reason + " never used before";
    return Contribution(Kind::spread, 0, whole(most), reason + ", in " + counted(messages, "message", "messages"));
}

Contribution about_campaign(const Campaign* campaign, std::uint64_t who) {
    if (!campaign) return Contribution(Kind::campaign, 0, 0, "the same text from other subscribers");
    const bool is_text = campaign->kind() == CampaignKind::text;
    const auto others = whole(is_text ? campaign->spreaders().count_without(who) : campaign->spreaders_without(who));
    std::string reason = "the same " + in_words(campaign->kind()) + " (campaign " + hex(campaign->fingerprint()) +
                         ") to strangers from about " + counted(others, "other subscriber", "other subscribers");
    if (!is_text) reason += ", of " + std::to_string(std::max(others, whole(campaign->senders_without(who)))) + " that use it";
    return Contribution(Kind::campaign, 0, others, reason);
}

/// In the unit of which there is most.
Contribution about_volume(const State& state) {
    const double usual = state.season.usual(Season::hour_of(state.last));
    std::string reason = counted(state.volume, "message", "messages");
    double most = state.volume;
    for (const Amount what : all_amounts) {
        const double messages = state.amounts.in_messages(what), amount = state.amounts.in_hour(what);
        if (messages <= most) continue;
        most = messages;
        switch (what) {
        case Amount::recipients: reason = counted(amount, "recipient", "recipients"); break;
        case Amount::domains: reason = "recipients at " + counted(amount, "domain", "domains"); break;
        case Amount::octets: reason = counted(amount / 1e6, "MB", "MB"); break;
        }
    }
    return Contribution(Kind::volume, 0, whole(state.volume),
                        reason + " within about an hour, as much as " + counted(most, "usual message", "usual messages") + ", where " +
                            std::to_string(whole(usual)) + " are usual");
}

Contribution about(Kind kind, const State& state, const Campaign* shared, std::uint64_t who) {
    switch (kind) {
    case Kind::content: return about_content(state);
    case Kind::failing_recipients: return about_failing(state);
    case Kind::fan_out:
        return Contribution(kind, 0, whole(state.strangers.run),
                            "mail to " + counted(state.strangers.run, "recipient", "recipients") +
                                " never written to before, where " +
                                counted(state.strangers.habit, "a day is", "a day are") + " the most so far");
    case Kind::volume: return about_volume(state);
    case Kind::spread: return about_spread(state);
    case Kind::null_sender:
        return Contribution(kind, 0, whole(state.bounces.run),
                            counted(state.bounces.run, "bounce", "bounces") + " to people never written to, where " +
                                counted(state.bounces.habit, "a day is", "a day are") + " the most so far");
    case Kind::login_failures:
        return Contribution(kind, 0, whole(state.logins.run),
                            counted(state.logins.run, "login", "logins") + " with a wrong password, where " +
                                counted(state.logins.habit, "a day is", "a day are") + " the most so far");
    case Kind::campaign: return about_campaign(shared, who);
    case Kind::unauthenticated:
        return Contribution(kind, 0, whole(state.unauthenticated),
                            "the servers of " + counted(state.unauthenticated, "recipient", "recipients") +
                                " refused mail because the sender's domain does not let this smarthost send for it");
    }
    return Contribution();
}

} // namespace

std::string in_words(CampaignKind kind) {
    switch (kind) {
    case CampaignKind::text: return "text";
    case CampaignKind::host: return "link host";
    case CampaignKind::helo: return "HELO name";
    case CampaignKind::agent: return "mail program";
    }
    return "";
}

std::string words(const Suspicion& suspicion) {
    std::string text = suspicion.part.empty() ? "" : subscriber::in_words(suspicion.scope, suspicion.part) + ": ";
    bool is_first = true;
    for (const auto& line : suspicion.evidence)
        if (line.llr > 0 || suspicion.is_mistake()) text += (std::exchange(is_first, false) ? "" : "; ") + line.reason;
    return text;
}

Suspicion Detector::tell_mistake(const State& state, const event::Event& event) const {
    Suspicion result;
    result.cause = policy_mistake;
    result.threshold = threshold_;
    result.at = state.last;
    result.messages = state.messages;
    result.samples.push_back(event.trace);
    result.evidence.push_back(about(Kind::unauthenticated, state, nullptr, 0));
    return result;
}

Suspicion Detector::explain(const State& state, const Scores& scores, const Campaigns* campaigns,
                            std::uint64_t who) const {
    Suspicion result;
    result.threshold = threshold_;
    result.at = state.last;
    result.first_event = state.first_evidence;
    result.messages = state.messages;
    for (const TraceId& trace : state.samples)
        if (!trace.empty()) result.samples.push_back(trace);
    const Company shared = campaigns ? company(state, *campaigns, who) : Company();
    for (Kind kind : all_kinds) {
        const double llr = scores[static_cast<std::size_t>(kind)];
        result.score += llr;
        if (std::abs(llr) < 0.005) continue;
        result.evidence.push_back(about(kind, state, shared.campaign, who));
        result.evidence.back().llr = llr;
    }
    std::sort(result.evidence.begin(), result.evidence.end(),
              [](const Contribution& a, const Contribution& b) { return a.llr > b.llr; });
    result.cause = cause_of(result.evidence, state);
    const Text& text = state.texts.latest();
    const Campaign* const found = campaigns ? campaigns->find(text.fingerprint) : nullptr;
    if (found && text.strangers >= options_.model.spreads_from && text.sent >= 1.5f) result.text = found->fingerprint();
    if (shared.campaign && scores[static_cast<std::size_t>(Kind::campaign)] > 0) {
        result.campaign = shared.campaign->fingerprint();
        result.shared = shared.campaign->kind();
    }
    return result;
}

} // namespace lazaret::detect
