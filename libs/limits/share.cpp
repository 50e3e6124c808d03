#include "limits/share.hpp"

#include <algorithm>

namespace lazaret::limits {

namespace {

subscriber::WindowLimits share_of(subscriber::WindowLimits limits, double share) {
    for (auto* each : {&limits.per_minute, &limits.per_hour, &limits.per_day})
        if (*each) *each = std::max(1u, static_cast<std::uint32_t>(**each * share));
    return limits;
}

} // namespace

subscriber::Plan share_of(const subscriber::Plan& plan, double share) {
    auto out = plan;
    out.messages = share_of(plan.messages, share);
    out.recipients = share_of(plan.recipients, share);
    return out;
}

} // namespace lazaret::limits
