#include "detect/replay.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"
#include "event/name_hash.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace lazaret::detect {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr double latest = 1e10;                                  // seconds since 1970, in the year 2286
constexpr std::size_t max_name = 256;                            // octets of a subscriber, an account, an id

/// As it was written, if it was short.
std::string show(const std::optional<element>& found) {
    if (!found) return "nothing";
    if (found->is_array()) return "a list of " + std::to_string(found->get_array().value_unsafe().size());
    if (found->is_object()) return "an object";
    return printable(simdjson::to_string(*found), 60);
}

Error wrong(std::string_view key, const std::optional<element>& found, std::string_view expected) {
    std::string text(key);
    text += ": found " + show(found) + ", expected ";
    text += expected;
    return Error(std::move(text));
}

/// nullopt when it is missing or null.
std::optional<element> member(const object& line, std::string_view key) {
    element found;
    if (line[key].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
    return found;
}

/// nullopt when it is none.
std::optional<std::string_view> text_of(const std::optional<element>& found) {
    std::string_view text;
    if (!found || found->get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
}

Result<std::string> name(const object& line, std::string_view key) {
    const auto found = member(line, key);
    if (const auto text = text_of(found); text && !text->empty() && text->size() <= max_name && *text == printable(*text, max_name))
        return std::string(*text);
    return wrong(key, found, "text of 1 to 256 printable octets");
}

/// "" when it is missing or null.
Result<std::string> text_or_none(const object& line, std::string_view key) {
    const auto found = member(line, key);
    if (!found) return std::string();
    const auto text = text_of(found);
    if (!text) return wrong(key, found, "text or null");
    return std::string(*text);
}

/// 0 when it is missing or null.
Result<std::uint64_t> count(const object& line, std::string_view key) {
    const auto found = member(line, key);
    if (!found) return std::uint64_t{0};
    std::uint64_t number = 0;
    if (found->get(number) != simdjson::SUCCESS) return wrong(key, found, "a whole number from 0");
    return number;
}

Result<Time> time_of(const object& line) {
    const auto found = member(line, "ts");
    double seconds = 0;
    if (found && found->get(seconds) != simdjson::SUCCESS) seconds = 0;
    if (!(seconds > 0 && seconds < latest))
        return wrong("ts", found, "seconds since 1970, above 0 and below 10000000000");
    return Time(Duration(std::llround(seconds * 1e6)));
}

/// What stands for an address in an event. The recording names it openly, so the key is no secret.
std::uint64_t hash(std::string_view text) {
    static const KeyedHash keyed("replay");
    return keyed(text);
}

/// Always the same for the same message: a replay repeats itself to the last octet.
TraceId trace_of(Time at, const std::string& id) {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base32
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    std::array<std::uint64_t, 2> halves{static_cast<std::uint64_t>(ms) << 2, hash(id)};
    std::string text(TraceId::length, '0');
    for (std::size_t i = 0; i < TraceId::length; ++i) {
        const std::size_t at_end = TraceId::length - 1 - i;
        std::uint64_t& half = halves[at_end / 10];
        text[at_end] = alphabet[half & 31];
        half >>= 5;
    }
    return TraceId::parse(text).value_or(TraceId());
}

std::string domain_of(std::string_view address) {
    const auto at = address.rfind('@');
    return at == std::string_view::npos ? "" : printable(ascii_lowercase(address.substr(at + 1)), 255);
}

Result<void> read_recipients(const object& line, event::Event& event) {
    const auto found = member(line, "rcpts");
    simdjson::dom::array list;
    if (!found || found->get(list) != simdjson::SUCCESS || list.size() == 0 || list.size() > ReplayReader::max_recipients)
        return wrong("rcpts", found, "a list of 1 to 10000 addresses");
    event.recipients.reserve(list.size());
    for (const element one : list) {
        const auto address = text_of(one);
        if (!address) return wrong("rcpts", one, "addresses only");
        event.recipients.emplace_back(hash(ascii_lowercase(*address)), domain_of(*address));
    }
    return {};
}

Result<void> read_envelope(const object& line, event::Event& event) {
    auto address = text_or_none(line, "client_ip");
    if (!address) return address.error();
    if (!address->empty()) {
        auto client = IpAddress::parse(*address);
        if (!client) return wrong("client_ip", member(line, "client_ip"), "an IP address");
        event.client = *client;
    }
    auto account = text_or_none(line, "account");
    if (!account) return account.error();
    event.account = printable(*account, max_name);
    event.listener = event.account.empty() ? "relay" : "submission";
    auto helo = text_or_none(line, "helo");
    if (!helo) return helo.error();
    event.helo = printable(*helo, 255);
    auto sender = text_or_none(line, "mail_from");
    if (!sender) return sender.error();
    event.null_sender = sender->empty() && line["mail_from"].error() == simdjson::SUCCESS;
    if (!sender->empty()) event.sender_hash = hash(ascii_lowercase(*sender));
    event.sender_domain = domain_of(*sender);
    auto size = count(line, "size");
    if (!size) return size.error();
    event.size = *size;
    return {};
}

Result<std::uint64_t> read_fingerprint(const object& line) {
    const auto print = member(line, "fingerprint");
    if (!print) return std::uint64_t{0};
    if (const auto digits = text_of(print); digits && digits->size() == 16) {
        std::uint64_t number = 0;
        const auto [end, ec] = std::from_chars(digits->data(), digits->data() + digits->size(), number, 16);
        if (ec == std::errc() && end == digits->data() + digits->size()) return number;
    }
    return wrong("fingerprint", print, "16 hexadecimal digits");
}

/// Of many those that an event would name (scan/links.hpp).
Result<void> read_names(const object& line, event::Event& event) {
    auto agent = text_or_none(line, "agent");
    if (!agent) return agent.error();
    event.agent_hash = event::name_hash(*agent);
    const auto found = member(line, "uri_hosts");
    if (!found) return {};
    simdjson::dom::array list;
    if (found->get(list) != simdjson::SUCCESS || list.size() > ReplayReader::max_hosts)
        return wrong("uri_hosts", found, "a list of at most 100 hosts");
    for (const element one : list) {
        const auto host = text_of(one);
        if (!host || host->empty()) return wrong("uri_hosts", one, "hosts only");
        event.uri_hosts.push_back(event::name_hash(ascii_lowercase(*host)));
    }
    std::sort(event.uri_hosts.begin(), event.uri_hosts.end());
    event.uri_hosts.erase(std::unique(event.uri_hosts.begin(), event.uri_hosts.end()), event.uri_hosts.end());
    if (event.uri_hosts.size() > event::most_uri_hosts) event.uri_hosts.resize(event::most_uri_hosts);
    return {};
}

/// Whether a scanner caught the message.
Result<bool> read_content(const object& line) {
    const auto content = member(line, "content");
    const std::string_view word = content ? text_of(content).value_or("") : "unknown";
    if (word != "spam" && word != "ham" && word != "unknown")
        return wrong("content", content, "\"spam\", \"ham\" or \"unknown\"");
    return word == "spam";
}

} // namespace

ReplayReader::ReplayReader(double reject_score) : parser_(std::make_unique<Parser>()) {
    std::array<char, 32> digits; // the shortest spelling of any double has at most 24
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), reject_score).ptr;
    finding_ = "scanner:warn:";
    finding_.append(digits.data(), end);
}

struct ReplayReader::Parser {
    simdjson::dom::parser parser;
    std::string line; // with room behind it for reads beyond its end

    /// The line as an object, good until the next one.
    std::optional<object> parse(std::string_view text) {
        line.reserve(text.size() + simdjson::SIMDJSON_PADDING);
        line = text;
        object out;
        if (parser.parse(line.data(), line.size(), false).get(out) != simdjson::SUCCESS) return std::nullopt;
        return out;
    }
};

ReplayReader::~ReplayReader() = default;

Result<Recorded> ReplayReader::read(std::string_view line) {
    if (line.size() > max_line) return Error("found a line above 1 MiB, expected one JSON object per line");
    const auto parsed = parser_->parse(line);
    if (!parsed) return Error("found no JSON object, expected one per line");
    const auto type = member(*parsed, "type");
    const bool is_message = text_of(type) == "message";
    if (!is_message && text_of(type) != "delivery") return wrong("type", type, "\"message\" or \"delivery\"");

    Recorded out;
    auto at = time_of(*parsed);
    if (!at) return at.error();
    if (*at < last_)
        return wrong("ts", member(*parsed, "ts"), "no time before that of the line above, " + format_rfc3339(last_));
    out.at = *at;
    out.is_delivery = !is_message;
    auto done = is_message ? read_message(*parsed, out) : read_delivery(*parsed, out);
    if (!done) return done.error();
    last_ = *at;
    return out;
}

Result<void> ReplayReader::read_message(const object& read, Recorded& line) {
    auto id = name(read, "id");
    if (!id) return id.error();
    auto subscriber = name(read, "subscriber");
    if (!subscriber) return subscriber.error();
    forget(line.at);
    if (sent_.contains(*id)) return wrong("id", member(read, "id"), "one that no message above has");
    line.message = std::move(*id);
    line.subscriber = std::move(*subscriber);
    line.sent = line.at;
    line.is_sent = true;

    event::Event event;
    event.type = event::Type::message_relayed;
    event.at = line.at;
    event.trace = trace_of(line.at, line.message);
    event.subscriber = line.subscriber;
    if (auto done = read_recipients(read, event); !done) return done.error();
    if (auto done = read_envelope(read, event); !done) return done.error();
    auto is_spam = read_content(read);
    if (!is_spam) return is_spam.error();
    if (*is_spam) event.findings.push_back(finding_);
    auto fingerprint = read_fingerprint(read);
    if (!fingerprint) return fingerprint.error();
    event.fingerprint = *fingerprint;
    if (auto done = read_names(read, event); !done) return done.error();

    Sent sent;
    sent.trace = event.trace;
    sent.at = line.at;
    sent.subscriber = line.subscriber;
    sent.account = event.account;
    sent.null_sender = event.null_sender;
    sent.client = event.client;
    sent.awaited = event.recipients.size();
    sent_.emplace(line.message, std::move(sent));
    order_.emplace_back(line.at, line.message);
    line.events.push_back(std::move(event));
    return {};
}

Result<void> ReplayReader::read_delivery(const object& read, Recorded& line) {
    auto id = name(read, "message");
    if (!id) return id.error();
    line.message = std::move(*id);
    auto delivered = count(read, "delivered");
    if (!delivered) return delivered.error();
    auto nonexistent = count(read, "nonexistent");
    if (!nonexistent) return nonexistent.error();
    auto subscriber = text_or_none(read, "subscriber");
    if (!subscriber) return subscriber.error();

    const auto found = sent_.find(line.message);
    if (found == sent_.end()) {
        ++unmatched_;
        return {};
    }
    Sent& sent = found->second;
    if (!subscriber->empty() && *subscriber != sent.subscriber)
        return wrong("subscriber", member(read, "subscriber"), "the sender of this message, " + sent.subscriber);
    if (*delivered > sent.awaited || *nonexistent > sent.awaited - *delivered)
        return Error("delivered, nonexistent: found " + std::to_string(*delivered) + " and " +
                     std::to_string(*nonexistent) + ", expected together at most " +
                     std::to_string(sent.awaited) + ", the message's recipients without a result");
    sent.awaited -= *delivered + *nonexistent;
    line.sent = sent.at;
    line.subscriber = sent.subscriber;

    event::Event event;
    event.type = event::Type::delivery_result;
    event.at = line.at;
    event.trace = sent.trace;
    event.subscriber = sent.subscriber;
    event.account = sent.account;
    event.null_sender = sent.null_sender;
    event.client = sent.client;
    event.recipients.emplace_back(); // the recording does not say which
    if (sent.awaited == 0) sent_.erase(found);
    line.events.reserve(*nonexistent + *delivered);
    for (std::uint64_t i = 0; i < *nonexistent + *delivered; ++i) {
        const bool failed = i < *nonexistent; // failures come back first
        event.delivery = failed ? event::DeliveryStatus::bounced : event::DeliveryStatus::sent;
        event.enhanced = failed ? "5.1.1" : "2.0.0";
        line.events.push_back(event);
    }
    return {};
}

void ReplayReader::forget(Time at) {
    while (!order_.empty() && (order_.size() >= max_awaited || order_.front().first < at - until_forgotten)) {
        const auto found = sent_.find(order_.front().second);
        if (found != sent_.end() && found->second.at == order_.front().first) sent_.erase(found);
        order_.pop_front();
    }
}

} // namespace lazaret::detect
