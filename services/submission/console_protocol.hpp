#pragma once
// What goes over the operator's socket, as values: requests read, answers written. No socket here.

#include "core/result.hpp"
#include "submission/session.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::submission::console {

inline constexpr std::size_t most_listed = 10000;

struct Request {
    enum class Kind { sessions, kill, trace };
    Kind kind = Kind::sessions;
    Selection wanted;
    std::size_t most = 1000; ///< of sessions listed, up to most_listed
};

/// {"request":"sessions"|"kill"|"trace","id":N,"ip":"192.0.2.0/24","account":"…","subscriber":"…","most":N}. Unknown members
/// are refused: a filter that is not understood must not end the sessions that it was to spare. kill and trace need a filter.
Result<Request> parse(std::string_view line);

// Each ends in a line feed.
std::string session_line(const SessionView& session);
std::string listed_line(std::size_t listed, std::size_t left_off);
std::string killed_line(std::size_t killed);
std::string tracing_line();
std::string trace_line(const TraceLine& line);
std::string dropped_line(std::uint64_t dropped);
std::string error_line(std::string_view sentence);

} // namespace lazaret::submission::console
