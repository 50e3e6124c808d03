#pragma once
// From suspicion to response: what an incident says, whether a confinement is wanted, and what came of it in
// log and metrics.

#include "config/config.hpp"
#include "core/time.hpp"
#include "detect/detector.hpp"
#include "store/engine_state.hpp"

#include <string>
#include <vector>

namespace lazaret::engine {

/// The part of the configuration that decides about responses.
struct Policy {
    config::Mode confine = config::Mode::enforce;
    Duration confine_for{};
    std::uint32_t max_confinements_per_hour = 100;
    bool tickets = false;
    std::string node; ///< named as source in tickets

    Policy() = default;
    explicit Policy(const config::Config& config);
    store::Response response() const;
};

store::Conviction to_conviction(const std::string& subscriber, const detect::Suspicion& suspicion);

/// Not wanted for the protected, with tickets only, or when the evidence is so old that its confinement would
/// be over.
bool wants_confinement(const Policy& policy, bool is_protected, Time evidence_at, Time now);

/// Tells log and metrics.
void report(const std::vector<store::Outcome>& outcomes);

} // namespace lazaret::engine
