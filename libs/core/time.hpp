#pragma once
// Time is an argument everywhere below layer 4; only services and net ask a clock.

#include "core/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace lazaret {

using Duration = std::chrono::microseconds;
/// A point of civil time, UTC, microseconds since 1970-01-01.
using Time = std::chrono::sys_time<Duration>;

/// The system's clock. Call it in services and layer 4 and above only.
Time now();

/// "2026-11-21T10:42:00.123456Z" (RFC 3339, always UTC, always six digits).
std::string format_rfc3339(Time at);
/// Accepts fractions of 0-6 digits and the offsets Z, +hh:mm and -hh:mm.
Result<Time> parse_rfc3339(std::string_view text);
/// "Sat, 21 Nov 2026 10:42:00 +0000" (RFC 5322 3.3).
std::string format_rfc5322(Time at);

/// "500ms", "30s", "5m", "2h", "1d": a count and one unit.
Result<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration length);

} // namespace lazaret
