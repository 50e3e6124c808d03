#pragma once
// Limits that are a part of a plan's.

#include "subscriber/model.hpp"

namespace lazaret::limits {

/// The plan with `share` (above 0, at most 1) of each of its limits, rounded down, and never less than 1. What has no limit has
/// none here.
subscriber::Plan share_of(const subscriber::Plan& plan, double share);

} // namespace lazaret::limits
