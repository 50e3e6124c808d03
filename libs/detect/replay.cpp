#include "detect/replay.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace lazaret::detect {
namespace {

using nlohmann::json;

constexpr double latest = 1e10;                                  // seconds since 1970, in the year 2286
constexpr std::size_t max_name = 256;                            // octets of a subscriber, an account, an id
constexpr Duration until_forgotten = std::chrono::hours(5 * 24); // Postfix's maximal_queue_lifetime

/// As it was written, if it was short.
std::string show(const json* found) {
    if (!found) return "nothing";
    if (found->is_array()) return "a list of " + std::to_string(found->size());
    if (found->is_object()) return "an object"; // to write it out would recurse as deep as a stranger likes
    return printable(found->dump(-1, ' ', true, json::error_handler_t::replace), 60);
}

Error wrong(std::string_view key, const json* found, std::string_view expected) {
    std::string text(key);
    text += ": found " + show(found) + ", expected ";
    text += expected;
    return Error(std::move(text));
}

/// nullptr when it is missing or null.
const json* member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> name(const json& object, const char* key) {
    const json* found = member(object, key);
    if (found && found->is_string()) {
        const auto& text = found->get_ref<const std::string&>();
        if (!text.empty() && text.size() <= max_name && text == printable(text, max_name)) return text;
    }
    return wrong(key, found, "text of 1 to 256 printable octets");
}

/// "" when it is missing or null.
Result<std::string> text_or_none(const json& object, const char* key) {
    const json* found = member(object, key);
    if (!found) return std::string();
    if (!found->is_string()) return wrong(key, found, "text or null");
    return found->get<std::string>();
}

/// 0 when it is missing or null.
Result<std::uint64_t> count(const json& object, const char* key) {
    const json* found = member(object, key);
    if (!found) return std::uint64_t{0};
    if (!found->is_number_unsigned()) return wrong(key, found, "a whole number from 0");
    return found->get<std::uint64_t>();
}

Result<Time> time_of(const json& object) {
    const json* found = member(object, "ts");
    const double seconds = found && found->is_number() ? found->get<double>() : 0;
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

Result<void> read_recipients(const json& object, event::Event& event) {
    const json* found = member(object, "rcpts");
    if (!found || !found->is_array() || found->empty() || found->size() > ReplayReader::max_recipients)
        return wrong("rcpts", found, "a list of 1 to 10000 addresses");
    event.recipients.reserve(found->size());
    for (const json& one : *found) {
        if (!one.is_string()) return wrong("rcpts", &one, "addresses only");
        const auto& address = one.get_ref<const std::string&>();
        event.recipients.emplace_back(hash(ascii_lowercase(address)), domain_of(address));
    }
    return {};
}

Result<void> read_envelope(const json& object, event::Event& event) {
    auto address = text_or_none(object, "client_ip");
    if (!address) return address.error();
    if (!address->empty()) {
        auto client = IpAddress::parse(*address);
        if (!client) return wrong("client_ip", member(object, "client_ip"), "an IP address");
        event.client = *client;
    }
    auto account = text_or_none(object, "account");
    if (!account) return account.error();
    event.account = printable(*account, max_name);
    event.listener = event.account.empty() ? "relay" : "submission";
    auto helo = text_or_none(object, "helo");
    if (!helo) return helo.error();
    event.helo = printable(*helo, 255);
    auto sender = text_or_none(object, "mail_from");
    if (!sender) return sender.error();
    event.null_sender = sender->empty() && object.contains("mail_from");
    if (!sender->empty()) event.sender_hash = hash(ascii_lowercase(*sender));
    event.sender_domain = domain_of(*sender);
    auto size = count(object, "size");
    if (!size) return size.error();
    event.size = *size;
    return {};
}

Result<std::uint64_t> read_fingerprint(const json& object) {
    const json* print = member(object, "fingerprint");
    if (!print) return std::uint64_t{0};
    if (print->is_string() && print->get_ref<const std::string&>().size() == 16) {
        const auto& digits = print->get_ref<const std::string&>();
        std::uint64_t number = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
        if (ec == std::errc() && end == digits.data() + digits.size()) return number;
    }
    return wrong("fingerprint", print, "16 hexadecimal digits");
}

/// Whether a scanner caught the message.
Result<bool> read_content(const json& object) {
    const json* content = member(object, "content");
    const std::string_view word = !content               ? "unknown"
                                  : content->is_string() ? content->get_ref<const std::string&>()
                                                         : std::string_view();
    if (word != "spam" && word != "ham" && word != "unknown")
        return wrong("content", content, "\"spam\", \"ham\" or \"unknown\"");
    return word == "spam";
}

} // namespace

ReplayReader::ReplayReader(double reject_score) {
    std::array<char, 32> digits; // the shortest spelling of any double has at most 24
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), reject_score).ptr;
    finding_ = "scanner:warn:";
    finding_.append(digits.data(), end);
}

Result<Recorded> ReplayReader::read(std::string_view line) {
    if (line.size() > max_line) return Error("found a line above 1 MiB, expected one JSON object per line");
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) return Error("found no JSON object, expected one per line");
    const json* type = member(object, "type");
    const bool is_message = type && *type == "message";
    if (!is_message && !(type && *type == "delivery"))
        return wrong("type", type, "\"message\" or \"delivery\"");

    Recorded out;
    auto at = time_of(object);
    if (!at) return at.error();
    if (*at < last_)
        return wrong("ts", &object["ts"], "no time before that of the line above, " + format_rfc3339(last_));
    out.at = *at;
    out.is_delivery = !is_message;
    auto done = is_message ? read_message(object, out) : read_delivery(object, out);
    if (!done) return done.error();
    last_ = *at;
    return out;
}

Result<void> ReplayReader::read_message(const json& object, Recorded& line) {
    auto id = name(object, "id");
    if (!id) return id.error();
    auto subscriber = name(object, "subscriber");
    if (!subscriber) return subscriber.error();
    forget(line.at);
    if (sent_.contains(*id)) return wrong("id", &object["id"], "one that no message above has");
    line.message = std::move(*id);
    line.subscriber = std::move(*subscriber);
    line.sent = line.at;

    event::Event event;
    event.type = event::Type::message_relayed;
    event.at = line.at;
    event.trace = trace_of(line.at, line.message);
    event.subscriber = line.subscriber;
    if (auto read = read_recipients(object, event); !read) return read.error();
    if (auto read = read_envelope(object, event); !read) return read.error();
    auto is_spam = read_content(object);
    if (!is_spam) return is_spam.error();
    if (*is_spam) event.findings.push_back(finding_);
    auto fingerprint = read_fingerprint(object);
    if (!fingerprint) return fingerprint.error();
    event.fingerprint = *fingerprint;

    Sent sent;
    sent.trace = event.trace;
    sent.at = line.at;
    sent.subscriber = line.subscriber;
    sent.awaited = event.recipients.size();
    sent_.emplace(line.message, std::move(sent));
    order_.emplace_back(line.at, line.message);
    line.events.push_back(std::move(event));
    return {};
}

Result<void> ReplayReader::read_delivery(const json& object, Recorded& line) {
    auto id = name(object, "message");
    if (!id) return id.error();
    line.message = std::move(*id);
    auto delivered = count(object, "delivered");
    if (!delivered) return delivered.error();
    auto nonexistent = count(object, "nonexistent");
    if (!nonexistent) return nonexistent.error();
    auto subscriber = text_or_none(object, "subscriber");
    if (!subscriber) return subscriber.error();

    const auto found = sent_.find(line.message);
    if (found == sent_.end()) {
        ++unmatched_;
        return {};
    }
    Sent& sent = found->second;
    if (!subscriber->empty() && *subscriber != sent.subscriber)
        return wrong("subscriber", &object["subscriber"], "the sender of this message, " + sent.subscriber);
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
    event.recipients.emplace_back(); // the recording does not say which
    if (sent.awaited == 0) sent_.erase(found);
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
