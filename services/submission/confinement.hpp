#pragma once
// What a confined subscriber is told, whichever way the message came in.

#include "core/time.hpp"
#include "event/event.hpp"
#include "subscriber/snapshot.hpp"
#include "verdict/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::submission {

/// The refusal for a message of a subscriber whose confinement closes submission to it; nullopt where it may go. `message` says
/// by its subscriber, account, client and null_sender whose it is. Counts it.
std::optional<verdict::Verdict> confinement(const subscriber::Snapshot& snapshot, const event::Event& message, Time at,
                                            const std::string& help_url);

/// The plan called "throttled" where its confinement says so, else `usual`.
const subscriber::Plan& plan_of(const subscriber::Snapshot& snapshot, const event::Event& message, Time at,
                                const subscriber::Plan& usual);

/// Whether it leaves through the high-risk pool, whatever is in it.
bool diverts(const subscriber::Snapshot& snapshot, const event::Event& message, Time at);

/// The help address of the configuration with `token` and `reason` filled in.
std::string fill_help_url(std::string url, std::string_view token, std::string_view reason);

} // namespace lazaret::submission
