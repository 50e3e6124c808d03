#include "core/time.hpp"

#include "core/text.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace lazaret {

namespace {

constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The formats have four digits for the year, no more.
constexpr Time earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Time latest =
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::days{1} - Duration{1};

struct Civil {
    std::chrono::year_month_day date;
    unsigned weekday, hour, minute, second, micros;
};

Civil civil(Time at) {
    at = at < earliest ? earliest : at > latest ? latest : at;
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const auto rest = static_cast<std::uint64_t>((at - day).count());
    const std::uint64_t seconds = rest / 1'000'000;
    return Civil{std::chrono::year_month_day{day},      std::chrono::weekday{day}.c_encoding(),
                 static_cast<unsigned>(seconds / 3600), static_cast<unsigned>(seconds / 60 % 60),
                 static_cast<unsigned>(seconds % 60),   static_cast<unsigned>(rest % 1'000'000)};
}

void put(std::string& out, unsigned value, int digits) {
    char buffer[10];
    for (int i = digits - 1; i >= 0; --i, value /= 10)
        buffer[i] = static_cast<char>('0' + value % 10);
    out.append(buffer, static_cast<std::size_t>(digits));
}

// Takes exactly `digits` digits off the front of `text`.
std::optional<unsigned> take(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    const auto value = parse_unsigned(text.substr(0, digits));
    if (!value) return std::nullopt;
    text.remove_prefix(digits);
    return static_cast<unsigned>(*value);
}

bool take_char(std::string_view& text, char wanted) {
    if (text.empty() || ascii_lower(text.front()) != wanted) return false;
    text.remove_prefix(1);
    return true;
}

Error not_a_time(std::string_view text) {
    return Error("'" + printable(text, 60) + "' is not a time such as 2026-11-21T10:42:00Z");
}

struct Unit {
    std::string_view name;
    std::int64_t micros;
};
constexpr std::array<Unit, 6> units{{{"d", 86'400'000'000},
                                     {"h", 3'600'000'000},
                                     {"m", 60'000'000},
                                     {"s", 1'000'000},
                                     {"ms", 1'000},
                                     {"us", 1}}};

} // namespace

Time now() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Time at) {
    const Civil c = civil(at);
    std::string out;
    out.reserve(27);
    put(out, static_cast<unsigned>(static_cast<int>(c.date.year())), 4);
    out += '-';
    put(out, static_cast<unsigned>(c.date.month()), 2);
    out += '-';
    put(out, static_cast<unsigned>(c.date.day()), 2);
    out += 'T';
    put(out, c.hour, 2);
    out += ':';
    put(out, c.minute, 2);
    out += ':';
    put(out, c.second, 2);
    out += '.';
    put(out, c.micros, 6);
    out += 'Z';
    return out;
}

Result<Time> parse_rfc3339(std::string_view text) {
    std::string_view rest = text;
    const auto bad = [&] { return not_a_time(text); };

    const auto year = take(rest, 4);
    if (!year || !take_char(rest, '-')) return bad();
    const auto month = take(rest, 2);
    if (!month || !take_char(rest, '-')) return bad();
    const auto day = take(rest, 2);
    if (!day || !(take_char(rest, 't') || take_char(rest, ' '))) return bad();
    const auto hour = take(rest, 2);
    if (!hour || !take_char(rest, ':')) return bad();
    const auto minute = take(rest, 2);
    if (!minute || !take_char(rest, ':')) return bad();
    const auto second = take(rest, 2);
    if (!second) return bad();

    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    // 60 is a leap second; civil time here has none, so it becomes the next second.
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return bad();

    std::int64_t micros = 0;
    if (take_char(rest, '.')) {
        std::size_t digits = 0;
        for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
            if (digits == 6) return bad();
            micros = micros * 10 + (rest[digits] - '0');
        }
        if (digits == 0) return bad();
        rest.remove_prefix(digits);
        for (; digits < 6; ++digits)
            micros *= 10;
    }

    std::chrono::minutes offset{0};
    if (!take_char(rest, 'z')) {
        const bool east = take_char(rest, '+');
        if (!east && !take_char(rest, '-')) return bad();
        const auto hours = take(rest, 2);
        if (!hours || *hours > 23 || !take_char(rest, ':')) return bad();
        const auto minutes = take(rest, 2);
        if (!minutes || *minutes > 59) return bad();
        offset = std::chrono::minutes(*hours * 60 + *minutes);
        if (!east) offset = -offset;
    }
    if (!rest.empty()) return bad();

    const Time at = std::chrono::sys_days{date} + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                    std::chrono::seconds(*second) + Duration(micros) - offset;
    if (at < earliest || at > latest) return bad();
    return at;
}

std::string format_rfc5322(Time at) {
    const Civil c = civil(at);
    std::string out;
    out.reserve(31);
    out += weekdays[c.weekday];
    out += ", ";
    const unsigned day = static_cast<unsigned>(c.date.day());
    put(out, day, day < 10 ? 1 : 2);
    out += ' ';
    out += months[static_cast<unsigned>(c.date.month()) - 1];
    out += ' ';
    put(out, static_cast<unsigned>(static_cast<int>(c.date.year())), 4);
    out += ' ';
    put(out, c.hour, 2);
    out += ':';
    put(out, c.minute, 2);
    out += ':';
    put(out, c.second, 2);
    out += " +0000";
    return out;
}

Result<Duration> parse_duration(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (const auto count = parse_unsigned(text.substr(0, digits))) {
        for (const Unit& unit : units) {
            if (text.substr(digits) != unit.name) continue;
            constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            if (*count > most / static_cast<std::uint64_t>(unit.micros))
                return Error("'" + printable(text, 60) + "' is too long a time");
            return Duration(static_cast<std::int64_t>(*count) * unit.micros);
        }
    }
    return Error("'" + printable(text, 60) + "' is not a length of time such as 500ms, 30s, 5m, 2h or 1d");
}

std::string format_duration(Duration length) {
    const std::int64_t micros = length.count();
    if (micros == 0) return "0s";
    for (const Unit& unit : units)
        if (micros % unit.micros == 0) return std::to_string(micros / unit.micros).append(unit.name);
    return {};
}

} // namespace lazaret
