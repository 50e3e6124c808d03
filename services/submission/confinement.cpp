#include "submission/confinement.hpp"

#include "smtp/replies.hpp"
#include "submission/metrics.hpp"

namespace lazaret::submission {

namespace {

/// Levels that close submission. The others let mail through and act elsewhere.
bool refuses(subscriber::Level level) {
    return level == subscriber::Level::block || level == subscriber::Level::garden;
}

subscriber::Sending sending(const event::Event& message) {
    return {.subscriber = message.subscriber, .account = message.account, .client = message.client, .null_sender = message.null_sender};
}

} // namespace

std::optional<verdict::Verdict> confinement(const subscriber::Snapshot& snapshot, const event::Event& message, Time at,
                                            const std::string& help_url) {
    const auto* entry = snapshot.quarantine->find(sending(message), at);
    if (!entry || !refuses(entry->level)) return std::nullopt;
    numbers().quarantine_refusals.Increment();
    return verdict::turn_away(smtp::replies::quarantined(entry->reason, fill_help_url(help_url, entry->token, "quarantine")),
                              event::RefusedBy::quarantine, entry->cause.empty() ? "operator" : entry->cause);
}

const subscriber::Plan& plan_of(const subscriber::Snapshot& snapshot, const event::Event& message, Time at,
                                const subscriber::Plan& usual) {
    const auto* entry = snapshot.quarantine->find(sending(message), at);
    if (!entry || entry->level != subscriber::Level::throttle) return usual;
    const auto* plan = snapshot.directory->plan("throttled");
    return plan ? *plan : usual;
}

bool diverts(const subscriber::Snapshot& snapshot, const event::Event& message, Time at) {
    const auto* entry = snapshot.quarantine->find(sending(message), at);
    return entry && entry->level == subscriber::Level::divert;
}

std::string fill_help_url(std::string url, std::string_view token, std::string_view reason) {
    const auto fill = [&url](std::string_view mark, std::string_view value) {
        for (auto at = url.find(mark); at != std::string::npos; at = url.find(mark, at + value.size()))
            url.replace(at, mark.size(), value);
    };
    fill("{token}", token);
    fill("{reason}", reason);
    return url;
}

} // namespace lazaret::submission
