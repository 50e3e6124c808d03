#include "scan/rspamd_protocol.hpp"

#include "core/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace lazaret::scan::rspamd {

namespace {

using Daemon = Outcome::Daemon;
using Json = nlohmann::json;

void add_field(std::string& head, std::string_view name, std::string_view value) {
    const auto clean = printable(value, max_value);
    if (clean.empty()) return;
    head.append(name).append(": ").append(clean).append("\r\n");
}

std::string bracketed(std::string_view address) {
    return "<" + printable(address, max_value - 2) + ">";
}

struct Action {
    std::string_view name;
    Wish wish;
};
constexpr Action actions[] = {
    {"no action", Wish::none},
    {"greylist", Wish::greylist},
    {"add header", Wish::add_header},
    {"rewrite subject", Wish::rewrite_subject},
    {"soft reject", Wish::defer},
    {"reject", Wish::reject},
    {"discard", Wish::reject},    // what a filter does with mail that it has taken already: it should not get through
    {"quarantine", Wish::reject},
};

std::optional<Wish> wish_of(std::string_view action) {
    const auto* found = std::find_if(std::begin(actions), std::end(actions), [&](const Action& a) { return a.name == action; });
    if (found == std::end(actions)) return std::nullopt;
    return found->wish;
}

/// Client's words stand in replies, and one octet that is no UTF-8 would make the whole no JSON.
Json parse_json(std::string_view body) {
    if (is_valid_utf8(body)) return Json::parse(body, nullptr, false);
    std::string ascii(body);
    std::replace_if(ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    return Json::parse(ascii, nullptr, false);
}

double number(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? bounded_score(found->get<double>()) : 0;
}

std::string text(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void take_symbols(const Json& reply, Outcome& outcome) {
    const auto symbols = reply.find("symbols");
    if (symbols == reply.end() || !symbols->is_object()) return;
    for (const auto& [name, symbol] : symbols->items())
        if (symbol.is_object()) add_finding(outcome.findings, finding_name("rspamd", name), number(symbol, "score"));
}

} // namespace

std::string request(const Envelope& envelope, std::uint64_t size, std::string_view settings_id) {
    std::string head = "POST /checkv2 HTTP/1.1\r\nHost: rspamd\r\nConnection: close\r\nContent-Length: " + std::to_string(size) +
                       "\r\nContent-Type: message/rfc822\r\n";
    if (!envelope.client.is_unspecified()) add_field(head, "IP", envelope.client.to_string());
    add_field(head, "Helo", envelope.helo);
    add_field(head, "Hostname", envelope.reverse_name);
    add_field(head, "From", bracketed(envelope.sender));
    const auto count = std::min(envelope.recipients.size(), max_recipients);
    for (std::size_t i = 0; i < count; ++i)
        add_field(head, "Rcpt", bracketed(envelope.recipients[i]));
    add_field(head, "User", envelope.account);
    add_field(head, "Settings-ID", settings_id);
    add_field(head, "Queue-Id", envelope.trace_id);
    add_field(head, "TLS-Version", envelope.tls_version);
    add_field(head, "TLS-Cipher", envelope.tls_cipher);
    return head + "\r\n";
}

Outcome parse_reply(unsigned status, std::string_view body) {
    const auto json = parse_json(body);
    const bool readable = json.is_object();
    if (status != 200) {
        const auto said = readable ? text(json, "error") : std::string();
        return Outcome::failed("rspamd: HTTP status " + std::to_string(status) + (said.empty() ? "" : ": " + printable(said, 100)),
                               Daemon::answered);
    }
    if (!readable) return Outcome::failed("rspamd: the reply is no JSON object: " + printable(body, 60), Daemon::ailing);
    const auto action = json.find("action");
    if (action == json.end() || !action->is_string()) {
        const auto said = text(json, "error");
        return Outcome::failed(said.empty() ? "rspamd: a reply without an action" : "rspamd: " + printable(said, 100),
                               Daemon::answered);
    }
    const auto& word = action->get_ref<const std::string&>();
    const auto wish = wish_of(word);
    if (!wish) return Outcome::failed("rspamd: an unknown action: " + printable(word, 60), Daemon::answered);
    const auto skipped = json.find("is_skipped");
    if (*wish == Wish::none && skipped != json.end() && skipped->is_boolean() && skipped->get<bool>())
        return Outcome::failed("rspamd: its settings let it look at nothing (is_skipped)", Daemon::answered);

    Outcome outcome;
    outcome.daemon = Daemon::answered;
    outcome.wish = *wish;
    outcome.state = *wish == Wish::none ? Outcome::State::clean : Outcome::State::found;
    outcome.score = number(json, "score");
    take_symbols(json, outcome);
    return outcome;
}

} // namespace lazaret::scan::rspamd
