#pragma once
// A client that makes one error after another guesses or attacks; each further error costs it time, and us a timer.

#include "core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace lazaret::submission {

/// How long the reply to the `errors`-th error of a session waits: nothing for the first two, from the third on an eighth of
/// `longest`, doubled with each, never more than `longest`.
constexpr Duration tarpit_delay(std::uint32_t errors, Duration longest) {
    constexpr std::uint32_t first = 3, doublings = 3;
    if (errors < first) return Duration::zero();
    return longest / (1 << (doublings - std::min(errors - first, doublings)));
}

} // namespace lazaret::submission
