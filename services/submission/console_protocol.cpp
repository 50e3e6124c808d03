#include "submission/console_protocol.hpp"

#include "core/text.hpp"

#include <nlohmann/json.hpp>

namespace lazaret::submission::console {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

const char* name_of(Side side) {
    if (side == Side::note) return "note";
    return side == Side::client ? "client" : "server";
}

/// nullopt: taken; else what was expected.
std::optional<std::string> take(Request& request, const std::string& name, const Json& value) {
    if (name == "request") {
        if (value == "sessions") request.kind = Request::Kind::sessions;
        else if (value == "kill") request.kind = Request::Kind::kill;
        else if (value == "trace") request.kind = Request::Kind::trace;
        else return "sessions, kill or trace";
    } else if (name == "id") {
        if (!value.is_number_unsigned()) return "a number";
        request.wanted.id = value.get<std::uint64_t>();
    } else if (name == "most") {
        if (!value.is_number_unsigned()) return "a number";
        request.most = static_cast<std::size_t>(std::min<std::uint64_t>(value.get<std::uint64_t>(), most_listed));
    } else if (name == "ip") {
        auto network = value.is_string() ? Cidr::parse(value.get<std::string>()) : Result<Cidr>(Error("not a text"));
        if (!network) return "an address or a block like 192.0.2.0/24: " + network.error().message;
        request.wanted.network = *network;
    } else if (name == "account" || name == "subscriber") {
        if (!value.is_string() || value.get<std::string>().empty()) return "a name";
        if (name == "account") request.wanted.account = ascii_lowercase(value.get<std::string>());
        else request.wanted.subscriber = value.get<std::string>();
    } else {
        return "no such member";
    }
    return std::nullopt;
}

} // namespace

Result<Request> parse(std::string_view line) {
    const auto json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("request")) return Error("not a request in JSON");
    Request request;
    for (const auto& [name, value] : json.items())
        if (const auto wrong = take(request, name, value)) return Error(printable(name, 40) + ": expected " + *wrong);
    if (request.kind != Request::Kind::sessions && request.wanted.empty())
        return Error("name a session, an address, an account or a subscriber");
    return request;
}

std::string session_line(const SessionView& session) {
    Json out;
    out["id"] = session.id;
    out["listener"] = to_string(session.port);
    out["client"] = session.client.to_string();
    out["port"] = session.client_port;
    out["account"] = session.account;
    out["subscriber"] = session.subscriber;
    out["state"] = session.state;
    out["since"] = format_rfc3339(session.since);
    out["messages"] = session.messages;
    out["octets"] = session.octets;
    out["tls"] = session.tls;
    return line_of(out);
}

std::string listed_line(std::size_t listed, std::size_t left_off) {
    Json out;
    out["listed"] = listed;
    out["left_off"] = left_off;
    return line_of(out);
}

std::string killed_line(std::size_t killed) {
    Json out;
    out["killed"] = killed;
    return line_of(out);
}

std::string tracing_line() {
    Json out;
    out["tracing"] = true;
    return line_of(out);
}

std::string trace_line(const TraceLine& line) {
    Json out;
    out["at"] = format_rfc3339(line.at);
    out["session"] = line.session;
    out["client"] = line.client.to_string();
    out["side"] = name_of(line.side);
    out["line"] = line.text;
    return line_of(out);
}

std::string dropped_line(std::uint64_t dropped) {
    Json out;
    out["dropped"] = dropped;
    return line_of(out);
}

std::string error_line(std::string_view sentence) {
    Json out;
    out["error"] = sentence;
    return line_of(out);
}

} // namespace lazaret::submission::console
