#include "cli/output.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <iostream>

namespace lazaret::cli {

namespace {

Json optional_time(const std::optional<Time>& at) {
    return at ? Json(format_rfc3339(*at)) : Json();
}
Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

/// Terminal columns, near enough: UTF-8 characters.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

void print_json(const Json& json) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

void Table::print() const {
    std::vector<std::size_t> widths(rows_[0].size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(printable(row[i], 1000)));
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::string cell = printable(row[i], 1000);
            line += cell;
            if (i + 1 < row.size()) line += std::string(widths[i] - width(cell) + 2, ' ');
        }
        std::cout << line << "\n";
    }
}

std::string show_time(Time at) {
    std::string text = format_rfc3339(at); // 2026-11-21T10:42:00.123456Z
    return text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

std::string show_time(const std::optional<Time>& at) {
    return at ? show_time(*at) : "-";
}

std::string show_span(Duration length) {
    using namespace std::chrono;
    auto whole = [&](auto unit) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, length / unit));
    };
    if (length >= hours(48)) return show_count(whole(hours(24)), "day");
    if (length >= minutes(120)) return show_count(whole(hours(1)), "hour");
    if (length >= seconds(120)) return show_count(whole(minutes(1)), "minute");
    return show_count(whole(seconds(1)), "second");
}

std::string show_ago(Time at, Time now) {
    return at <= now ? show_span(now - at) + " ago" : "in " + show_span(at - now);
}

std::string show_count(std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string join(const std::vector<std::string>& words, const std::string& separator) {
    std::string text;
    for (const std::string& word : words)
        text += (&word == words.data() ? "" : separator) + word;
    return text;
}

Json to_json(const store::QuarantineRecord& record, Time at) {
    const auto& q = record.quarantine;
    Json json;
    json["id"] = q.id;
    json["subscriber"] = q.subscriber;
    json["level"] = std::string(subscriber::to_string(q.level));
    json["scope"] = std::string(subscriber::to_string(q.scope));
    json["part"] = text_or_null(q.part);
    json["active"] = record.active(at);
    json["reason"] = q.reason;
    json["cause"] = text_or_null(q.cause);
    json["author"] = q.author;
    json["incident"] = record.incident ? Json(*record.incident) : Json();
    json["token"] = q.token;
    json["start"] = format_rfc3339(q.start);
    json["expiry"] = optional_time(q.expiry);
    json["released_at"] = optional_time(record.released_at);
    json["released_by"] = text_or_null(record.released_by);
    json["release_reason"] = text_or_null(record.release_reason);
    return json;
}

Json to_json(const store::IncidentRecord& incident) {
    Json json;
    json["id"] = incident.id;
    json["subscriber"] = incident.subscriber;
    json["subscribers"] = incident.members;
    json["subscriber_count"] = incident.member_count;
    json["cause"] = incident.cause;
    json["state"] = incident.is_open ? "open" : "closed";
    json["summary"] = incident.summary;
    json["score"] = incident.score;
    json["threshold"] = incident.threshold;
    json["evidence"] = Json::parse(incident.evidence);
    json["opened_at"] = format_rfc3339(incident.opened_at);
    json["updated_at"] = format_rfc3339(incident.updated_at);
    json["closed_at"] = optional_time(incident.closed_at);
    json["first_event"] = optional_time(incident.first_event);
    json["ticket"] = text_or_null(incident.ticket);
    return json;
}

Json to_json(const subscriber::Network& network) {
    Json json;
    json["cidr"] = network.block.to_string();
    json["class"] = std::string(subscriber::to_string(network.klass));
    json["relay"] = network.relay;
    json["subscriber"] = text_or_null(network.subscriber);
    json["plan"] = text_or_null(network.plan);
    return json;
}

Json to_json(const store::SubscriberView& view) {
    Json json;
    json["subscriber"] = view.subscriber.id;
    json["plan"] = view.subscriber.plan;
    json["class"] = std::string(subscriber::to_string(view.subscriber.klass));
    json["protected"] = view.subscriber.is_protected;
    json["logins"] = view.logins;
    json["created_at"] = format_rfc3339(view.created_at);
    return json;
}

} // namespace lazaret::cli
