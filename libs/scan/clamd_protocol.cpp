#include "scan/clamd_protocol.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace lazaret::scan::clamd {

namespace {

using Daemon = Outcome::Daemon;

std::string_view without_end(std::string_view reply) {
    reply = reply.substr(0, reply.find('\0'));
    return trim(reply);
}

bool remove_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

/// What ctime(3) writes, taken for UTC.
std::optional<Time> parse_ctime(std::string_view text) {
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::tm parts{};
    in >> std::get_time(&parts, "%a %b %d %H:%M:%S %Y");
    if (in.fail()) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date(year(parts.tm_year + 1900), month(static_cast<unsigned>(parts.tm_mon + 1)),
                              day(static_cast<unsigned>(parts.tm_mday)));
    if (!date.ok() || date.year() < year(1990) || date.year() > year(9999)) return std::nullopt;
    return Time(sys_days(date) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec));
}

} // namespace

std::array<char, 4> piece_header(std::uint32_t size) {
    return {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
            static_cast<char>(size)};
}

Outcome parse_reply(std::string_view reply) {
    const auto line = without_end(reply);
    auto text = line;
    if (text.empty()) return Outcome::failed("clamd: an empty reply", Daemon::ailing);
    if (remove_suffix(text, "ERROR")) {
        // The daemon is well: it tells what is wrong with this message.
        if (text.find("size limit exceeded") != text.npos)
            return Outcome::skipped("clamd: larger than its StreamMaxLength, which is below the size limit here",
                                    Daemon::answered);
        return Outcome::failed("clamd: " + std::string(line), Daemon::answered);
    }
    if (!text.starts_with("stream: ")) return Outcome::failed("clamd: no reply: " + std::string(line), Daemon::ailing);
    text.remove_prefix(8);
    Outcome outcome;
    outcome.daemon = Daemon::answered;
    if (text == "OK") {
        outcome.state = Outcome::State::clean;
        return outcome;
    }
    if (!remove_suffix(text, " FOUND"))
        return Outcome::failed("clamd: no reply: " + std::string(line), Daemon::ailing);
    text = text.substr(0, text.find('(')); // ExtendedDetectionInfo adds hash and size
    outcome.state = Outcome::State::found;
    const bool known = !ascii_istarts_with(text, "Heuristics.") && !ascii_istarts_with(text, "PUA.");
    outcome.wish = known ? Wish::virus : Wish::suspicion;
    add_finding(outcome.findings, finding_name("clamav", text.empty() ? "unnamed" : text), 0);
    return outcome;
}

std::optional<Duration> Version::age(Time now) const {
    if (!built) return std::nullopt;
    return std::max(now - *built, Duration::zero());
}

Result<Version> parse_version(std::string_view reply) {
    auto text = without_end(reply);
    const auto wrong = [&] { return Error("clamd: not a version: " + printable(text)); };
    if (!text.starts_with("ClamAV ")) return wrong();
    const auto parts = split(text.substr(7), '/');
    Version version;
    version.engine = printable(parts[0], 40);
    if (version.engine.empty()) return wrong();
    if (parts.size() == 1) return version;
    const auto number = parse_unsigned(parts[1]);
    if (parts.size() != 3 || !number || *number > UINT32_MAX) return wrong();
    version.database = static_cast<std::uint32_t>(*number);
    version.built = parse_ctime(parts[2]);
    if (!version.built) return wrong();
    return version;
}

} // namespace lazaret::scan::clamd
