#pragma once
// What a confined subscriber is told, whichever way the message came in.

#include "core/time.hpp"
#include "subscriber/snapshot.hpp"
#include "verdict/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lazaret::submission {

/// The refusal for a subscriber whose confinement closes submission; nullopt where mail may go. Counts it.
std::optional<verdict::Verdict> confinement(const subscriber::Snapshot& snapshot, std::string_view subscriber, Time at,
                                            const std::string& help_url);

/// Whether its mail leaves through the high-risk pool, whatever is in it.
bool diverts(const subscriber::Snapshot& snapshot, std::string_view subscriber, Time at);

/// The help address of the configuration with `token` and `reason` filled in.
std::string fill_help_url(std::string url, std::string_view token, std::string_view reason);

} // namespace lazaret::submission
