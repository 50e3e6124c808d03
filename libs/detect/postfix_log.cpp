#include "detect/postfix_log.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>

namespace lazaret::detect {
namespace {

/// Cuts `text` at the first `mark`, which is dropped; false and nothing changed when there is none.
bool cut(std::string_view& text, std::string_view mark, std::string_view& before) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return false;
    before = text.substr(0, at);
    text.remove_prefix(at + mark.size());
    return true;
}

std::string_view take_stamp(std::string_view& line) {
    std::string_view stamp;
    if (!line.empty() && ascii_is_digit(line[0])) { // RFC 3339
        if (!cut(line, " ", stamp)) return {};
        return stamp;
    }
    constexpr std::size_t old_form = 15; // "Nov 21 10:42:00"
    if (line.size() <= old_form || line[old_form] != ' ') return {};
    stamp = line.substr(0, old_form);
    line.remove_prefix(old_form + 1);
    return stamp;
}

struct Head {
    std::string_view daemon, queue_id;
};

/// "host postfix/smtp[123]: 4f...: " -> daemon and queue id; the instance's name may be anything.
std::optional<Head> take_head(std::string_view& line) {
    std::string_view host, tag, pid;
    if (!cut(line, " ", host) || !cut(line, "[", tag) || !cut(line, "]: ", pid)) return std::nullopt;
    if (tag.find(' ') != std::string_view::npos || tag.find('/') == std::string_view::npos)
        return std::nullopt;
    if (pid.empty() || pid.size() > 10 || !std::all_of(pid.begin(), pid.end(), ascii_is_digit)) return std::nullopt;
    Head head;
    head.daemon = tag.substr(tag.rfind('/') + 1);
    if (!cut(line, ": ", head.queue_id)) return std::nullopt;
    if (head.queue_id.size() < 5 || head.queue_id.size() > 40 || head.queue_id == "NOQUEUE" ||
        !std::all_of(head.queue_id.begin(), head.queue_id.end(), ascii_is_alnum))
        return std::nullopt;
    return head;
}

/// The value of ", key=" or a leading "key=", up to the next comma.
std::string_view field(std::string_view line, std::string_view key) {
    for (std::size_t at = 0; (at = line.find(key, at)) != std::string_view::npos; at += key.size()) {
        const bool starts = at == 0 || (at >= 2 && line.substr(at - 2, 2) == ", ");
        if (!starts || line.substr(at + key.size(), 1) != "=") continue;
        auto value = line.substr(at + key.size() + 1);
        return value.substr(0, value.find(','));
    }
    return {};
}

/// "<a@b>, relay=..." -> a@b. The address may hold anything, also ", " and ">": it ends before the next known
/// field.
bool take_address(std::string_view& line, std::string_view& address) {
    if (line.empty() || line[0] != '<') return false;
    const auto relay = line.find(">, relay="), original = line.find(">, orig_to=<");
    const auto end = std::min(relay, original);
    if (end == std::string_view::npos) return false;
    address = line.substr(1, end - 1);
    line.remove_prefix(end + 3);
    return true;
}

event::DeliveryStatus read_status(std::string_view word) {
    using event::DeliveryStatus;
    if (word == "sent" || word == "delivered" || word == "deliverable") return DeliveryStatus::sent;
    if (word == "deferred" || word == "undeliverable") return DeliveryStatus::deferred;
    if (word == "bounced") return DeliveryStatus::bounced;
    if (word == "expired") return DeliveryStatus::expired;
    return DeliveryStatus::none;
}

/// "a.b.c" as RFC 3463 has it: one, then one to three, then one to three digits.
bool is_enhanced(std::string_view text) {
    const auto parts = split(text, '.');
    if (parts.size() != 3 || parts[0].size() != 1) return false;
    return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), ascii_is_digit);
    });
}

/// The code of "host mx[1.2.3.4] said: 550 5.1.1 ..." or of a text that starts with it.
int reply_code_in(std::string_view text) {
    const auto said = text.find(" said: ");
    if (said != std::string_view::npos) text.remove_prefix(said + 7);
    if (text.size() < 4 || !ascii_is_digit(text[0]) || !ascii_is_digit(text[1]) || !ascii_is_digit(text[2])) return 0;
    if (text[0] < '2' || text[0] > '5' || (text[3] != ' ' && text[3] != '-')) return 0;
    return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

std::optional<DeliveryLine> read_delivery(std::string_view line, std::string_view queue_id) {
    if (!line.starts_with("to=<")) return std::nullopt;
    line.remove_prefix(3);
    std::string_view address;
    if (!take_address(line, address)) return std::nullopt;
    if (line.starts_with("orig_to=<")) {
        line.remove_prefix(8);
        if (!take_address(line, address)) return std::nullopt;
    }
    // Postfix writes relay=, delays and dsn= before status=, and only then what strangers said.
    std::string_view known;
    if (!cut(line, ", status=", known)) return std::nullopt;
    const auto word = line.substr(0, line.find(' '));
    DeliveryLine result;
    result.status = read_status(word);
    if (result.status == event::DeliveryStatus::none) return std::nullopt;
    result.queue_id = queue_id;
    result.recipient = printable(address, 320);
    const auto relay = field(known, "relay");
    result.relay = printable(relay.substr(0, relay.find('[')), 255);
    const auto dsn = field(known, "dsn");
    if (is_enhanced(dsn)) result.enhanced = dsn;
    line.remove_prefix(word.size());
    if (line.starts_with(" (")) line.remove_prefix(2);
    if (line.ends_with(")")) line.remove_suffix(1);
    result.reply_code = reply_code_in(line);
    result.text = printable(line, DeliveryLine::longest_text);
    return result;
}

} // namespace

LogLine parse_postfix_line(std::string_view line) {
    LogLine result;
    const auto stamp = take_stamp(line);
    if (stamp.empty() || stamp.size() > 40) return result;
    result.stamp = stamp;
    const auto head = take_head(line);
    if (!head) return result;
    const std::string id(head->queue_id);
    if (head->daemon == "smtpd") {
        if (!line.starts_with("client=")) return result;
        if (auto trace = TraceId::parse(field(line, "orig_queue_id"))) {
            QueueEntry entry;
            entry.queue_id = id;
            entry.trace = *trace;
            result.what = std::move(entry);
        }
    } else if (head->daemon == "qmgr") {
        if (line == "removed") {
            result.what = Removed{id};
        } else if (line.starts_with("from=<")) {
            const auto end = line.rfind(">, status=");
            if (end == std::string_view::npos) return result;
            const auto status = line.substr(end + 10);
            if (status.starts_with("expired,") || status.starts_with("force-expired,"))
                result.what = Expired{id};
        }
    } else if (auto delivery = read_delivery(line, head->queue_id)) {
        result.what = std::move(*delivery);
    }
    return result;
}

Result<Time> log_time(std::string_view stamp, Time reference, Duration zone_offset) {
    if (!stamp.empty() && ascii_is_digit(stamp[0])) return parse_rfc3339(stamp);
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const Error malformed("not a time of a log line");
    if (stamp.size() != 15 || stamp[3] != ' ' || stamp[6] != ' ' || stamp[9] != ':' || stamp[12] != ':')
        return malformed;
    const auto month = std::find(months.begin(), months.end(), stamp.substr(0, 3));
    const auto day = parse_unsigned(trim(stamp.substr(4, 2))), hour = parse_unsigned(stamp.substr(7, 2)),
               minute = parse_unsigned(stamp.substr(10, 2)), second = parse_unsigned(stamp.substr(13, 2));
    if (month == months.end() || !day || !hour || !minute || !second) return malformed;
    if (*hour > 23 || *minute > 59 || *second > 60) return malformed;

    using namespace std::chrono;
    const year_month_day today(floor<days>(reference));
    for (int back = -1; back <= 8; ++back) { // eight: from one 29 February to the one before, over 2100
        const year_month_day date(today.year() - years(back),
                                  std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                  std::chrono::day(static_cast<unsigned>(*day)));
        if (!date.ok()) continue;
        const Time at =
            Time(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) - zone_offset;
        if (at <= reference + days(1)) return at;
    }
    return malformed;
}

} // namespace lazaret::detect
