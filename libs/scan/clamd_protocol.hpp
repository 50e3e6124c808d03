#pragma once
// clamd's protocol as a client speaks it (clamd(8), COMMANDS), without a socket: commands in the form that ends with a
// zero octet, a message as pieces with their lengths before them, and replies.

#include "core/result.hpp"
#include "core/time.hpp"
#include "scan/scanner.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::scan::clamd {

using namespace std::string_view_literals;

inline constexpr std::string_view scan_command = "zINSTREAM\0"sv, version_command = "zVERSION\0"sv,
                                  end_of_stream = "\0\0\0\0"sv;
inline constexpr std::size_t max_reply = 4096;

/// Goes before so many octets, of which there is at least one.
std::array<char, 4> piece_header(std::uint32_t size);

/// Of a whole reply, with or without its final zero octet or line end. "INSTREAM size limit exceeded" is skipped: our own
/// bound should have come first, and the text says so.
Outcome parse_reply(std::string_view reply);

struct Version {
    std::string engine;         ///< "1.4.6"
    std::uint32_t database = 0; ///< number of the daily signatures; 0 without any
    std::optional<Time> built;  ///< when those were made

    Version() = default;
    /// Zero when they are from the future: clamd tells its local time and not the zone, so this is right to within 14
    /// hours. nullopt without a database.
    std::optional<Duration> age(Time now) const;
};

/// "ClamAV 1.4.6/27500/Mon Jan  1 10:42:00 2026", or without what follows the engine.
Result<Version> parse_version(std::string_view reply);

} // namespace lazaret::scan::clamd
