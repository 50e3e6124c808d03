#include "store/event_rows.hpp"

#include "core/text.hpp"
#include "store/exhibit_rows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace lazaret::store {

const char* const event_columns =
    "node, sequence, at, type, trace, subscriber, account, host(client) AS client, listener, helo, "
    "sender_hash,"
    " sender_domain, null_sender, spf, recipients, recipients_refused, recipients_nonexistent, size, "
    "message_id_hash, fingerprint, to_json(uri_hosts) AS uri_hosts, agent_hash,"
    " refused_by, reason, to_json(findings) AS findings, reply_code, enhanced, delivery, remote_host";

namespace {

using Row = std::array<std::optional<std::string>, 29>;

/// What PostgreSQL's text takes: no NUL, valid UTF-8.
std::string clean(const std::string& text) {
    if (text.find('\0') == std::string::npos && is_valid_utf8(text)) return text;
    std::string kept;
    for (char c : text)
        kept += c == '\0' || static_cast<unsigned char>(c) >= 0x80 ? '?' : c;
    return kept;
}

std::optional<std::string> text_or_null(const std::string& text) {
    return null_if_empty(clean(text));
}

std::optional<std::string> hash_or_null(std::uint64_t hash) {
    if (hash == 0) return std::nullopt;
    return std::to_string(sql_hash(hash));
}

/// bigint: a size beyond it is a lie, not a reason to lose the event.
std::string number(std::uint64_t value) {
    return std::to_string(std::min<std::uint64_t>(value, INT64_MAX));
}

std::string count(std::uint64_t value) {
    return std::to_string(std::min<std::uint64_t>(value, INT32_MAX));
}

std::string hex(std::uint64_t hash) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return digits;
}

std::optional<std::string> recipients_json(const std::vector<event::Recipient>& recipients) {
    if (recipients.empty()) return std::nullopt;
    auto list = nlohmann::json::array();
    for (const auto& recipient : recipients)
        list.push_back({hex(recipient.hash), clean(recipient.domain)});
    return list.dump();
}

std::optional<std::string> text_array(const std::vector<std::string>& texts) {
    if (texts.empty()) return std::nullopt;
    std::string array = "{";
    for (const std::string& text : texts) {
        array += array.size() == 1 ? "\"" : ",\"";
        for (char c : clean(text)) {
            if (c == '"' || c == '\\') array += '\\';
            array += c;
        }
        array += '"';
    }
    return array + "}";
}

std::optional<std::string> hash_array(const std::vector<std::uint64_t>& hashes) {
    if (hashes.empty()) return std::nullopt;
    std::string array;
    for (const auto hash : hashes)
        array += (array.empty() ? "{" : ",") + std::to_string(sql_hash(hash));
    return array + "}";
}

const std::array<std::string, std::tuple_size_v<Row>> columns{"node",
                                                              "sequence",
                                                              "at",
                                                              "type",
                                                              "trace",
                                                              "subscriber",
                                                              "account",
                                                              "client",
                                                              "listener",
                                                              "helo",
                                                              "sender_hash",
                                                              "sender_domain",
                                                              "null_sender",
                                                              "spf",
                                                              "recipients",
                                                              "recipients_refused",
                                                              "recipients_nonexistent",
                                                              "size",
                                                              "message_id_hash",
                                                              "fingerprint",
                                                              "uri_hosts",
                                                              "agent_hash",
                                                              "refused_by",
                                                              "reason",
                                                              "findings",
                                                              "reply_code",
                                                              "enhanced",
                                                              "delivery",
                                                              "remote_host"};

Row to_row(const std::string& node, const event::Event& e) {
    std::optional<std::string> client;
    if (!e.client.is_unspecified()) client = e.client.to_string();
    return {node,
            std::to_string(e.sequence),
            sql_time(e.at),
            std::string(event::to_string(e.type)),
            null_if_empty(e.trace.to_string()),
            text_or_null(e.subscriber),
            text_or_null(e.account),
            client,
            text_or_null(e.listener),
            text_or_null(e.helo),
            hash_or_null(e.sender_hash),
            text_or_null(e.sender_domain),
            std::string(e.null_sender ? "t" : "f"),
            null_if_empty(std::string(e.spf ? spf::to_string(*e.spf) : "")),
            recipients_json(e.recipients),
            count(e.recipients_refused),
            count(e.recipients_nonexistent),
            number(e.size),
            hash_or_null(e.message_id_hash),
            hash_or_null(e.fingerprint),
            hash_array(e.uri_hosts),
            hash_or_null(e.agent_hash),
            std::string(event::to_string(e.refused_by)),
            text_or_null(e.reason),
            text_array(e.findings),
            std::to_string(e.reply_code),
            text_or_null(e.enhanced),
            std::string(event::to_string(e.delivery)),
            text_or_null(e.remote_host)};
}

std::uint64_t read_hash(const pqxx::field& field) {
    return field.is_null() ? 0 : static_cast<std::uint64_t>(field.as<std::int64_t>());
}

std::uint64_t parse_hex(const std::string& text) {
    std::uint64_t value = 0;
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (code != std::errc() || end != text.data() + text.size())
        throw std::runtime_error("a recipient's hash reads \"" + text + "\"");
    return value;
}

} // namespace

void insert_events(pqxx::work& tx, const std::string& node, const std::vector<event::Event>& events) {
    if (events.empty()) return;
    std::set<std::string> days;
    for (const auto& e : events)
        days.insert(sql_time(e.at).substr(0, 10));
    for (const std::string& day : days)
        tx.exec_params("SELECT ensure_event_partition($1::date)", day);

    // COPY knows no ON CONFLICT, hence the way through a table of the transaction's own.
    tx.exec("CREATE TEMPORARY TABLE incoming_event (LIKE event) ON COMMIT DROP");
    pqxx::stream_to stream(tx, "incoming_event", columns);
    for (const auto& e : events)
        stream << to_row(node, e);
    stream.complete();
    tx.exec("INSERT INTO event SELECT * FROM incoming_event ON CONFLICT DO NOTHING");
    insert_exhibits(tx, node, events);
}

void move_journal_position(pqxx::work& tx, const std::string& node, std::uint64_t sequence) {
    tx.exec_params(
        "INSERT INTO journal_position AS p (node, sequence) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE"
        " SET sequence = excluded.sequence, updated_at = now() WHERE p.sequence < excluded.sequence",
        node, static_cast<std::int64_t>(sequence));
}

event::Event read_event_row(const pqxx::row& row) {
    event::Event e;
    e.sequence = static_cast<std::uint64_t>(row["sequence"].as<std::int64_t>());
    e.at = read_time(row["at"]);
    e.type = event::parse_type(row["type"].c_str()).value();
    if (auto trace = TraceId::parse(read_text(row["trace"]))) e.trace = *trace;
    e.subscriber = read_text(row["subscriber"]);
    e.account = read_text(row["account"]);
    if (!row["client"].is_null()) e.client = IpAddress::parse(row["client"].c_str()).value();
    e.listener = read_text(row["listener"]);
    e.helo = read_text(row["helo"]);
    e.sender_hash = read_hash(row["sender_hash"]);
    e.sender_domain = read_text(row["sender_domain"]);
    e.null_sender = row["null_sender"].as<bool>();
    if (!row["spf"].is_null()) e.spf = spf::parse_verdict(row["spf"].c_str()).value();
    if (!row["recipients"].is_null())
        for (const auto& recipient : nlohmann::json::parse(row["recipients"].c_str()))
            e.recipients.emplace_back(parse_hex(recipient.at(0).get<std::string>()),
                                      recipient.at(1).get<std::string>());
    e.recipients_refused = row["recipients_refused"].as<std::uint32_t>();
    e.recipients_nonexistent = row["recipients_nonexistent"].as<std::uint32_t>();
    e.size = row["size"].as<std::uint64_t>();
    e.message_id_hash = read_hash(row["message_id_hash"]);
    e.fingerprint = read_hash(row["fingerprint"]);
    if (!row["uri_hosts"].is_null())
        for (const auto& hash : nlohmann::json::parse(row["uri_hosts"].c_str()))
            e.uri_hosts.push_back(static_cast<std::uint64_t>(hash.get<std::int64_t>()));
    e.agent_hash = read_hash(row["agent_hash"]);
    e.refused_by = event::parse_refused_by(row["refused_by"].c_str()).value();
    e.reason = read_text(row["reason"]);
    if (!row["findings"].is_null())
        e.findings = nlohmann::json::parse(row["findings"].c_str()).get<std::vector<std::string>>();
    e.reply_code = row["reply_code"].as<int>();
    e.enhanced = read_text(row["enhanced"]);
    e.delivery = event::parse_delivery_status(row["delivery"].c_str()).value();
    e.remote_host = read_text(row["remote_host"]);
    return e;
}

} // namespace lazaret::store
