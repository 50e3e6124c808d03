#include "detect/evidence.hpp"

#include "core/text.hpp"
#include "detect/campaigns.hpp"
#include "detect/remote_refusal.hpp"

#include <charconv>
#include <cmath>

namespace lazaret::detect {
namespace {

struct Findings {
    double score = 0;
    std::string_view worst; // rule with the highest score
};

/// "rule:mode:score"; whatever does not read like that scores nothing.
Findings add_up(const std::vector<std::string>& findings) {
    Findings sum;
    double highest = 0;
    for (std::string_view finding : findings) {
        const auto last = finding.rfind(':');
        if (last == std::string_view::npos || last == 0) continue;
        const auto middle = finding.rfind(':', last - 1);
        if (middle == std::string_view::npos) continue;
        double score = 0;
        const auto number = finding.substr(last + 1);
        const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), score);
        if (ec != std::errc() || end != number.data() + number.size() || !std::isfinite(score)) continue;
        sum.score += score;
        if (score > highest) {
            highest = score;
            sum.worst = finding.substr(0, middle);
        }
    }
    return sum;
}

/// What is put off comes again: the next hop is in trouble, or wants to be asked later.
bool is_final(const event::Event& refused) {
    return refused.reply_code >= 500 || refused.recipients_nonexistent > 0;
}

void observe_result(const event::Event& event, const Reading& reading, Observation& seen) {
    seen.is_result = true;
    if (event.delivery == event::DeliveryStatus::sent) seen.exist = 1;
    // A deferral may still turn out well, other bounces blame more than the address: neither is counted.
    if (event.delivery != event::DeliveryStatus::bounced) return;
    if (says_nonexistent(event.enhanced) || reading.replies->says_nonexistent(ascii_lowercase(event.reason)))
        seen.nonexistent = 1;
    else
        seen.is_unauthenticated = read_refusal(event, *reading.replies).why == Why::unauthenticated;
}

void observe_message(const event::Event& event, const Reading& reading, Observation& seen) {
    seen.is_message = true;
    seen.nonexistent = event.recipients_nonexistent;
    if (event.type == event::Type::message_relayed)
        (reading.delivery_results ? seen.awaited : seen.exist) =
            static_cast<std::uint32_t>(event.recipients.size());

    const Findings found = add_up(event.findings);
    const bool is_refused = event.refused_by == event::RefusedBy::content;
    seen.is_caught = is_refused || found.score >= reading.reject_score;
    if (!seen.is_caught) return;
    const std::string_view rule = found.worst.empty() && is_refused ? event.reason : found.worst;
    seen.rule = printable(rule, 40);
}

} // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
    case Kind::content: return "content";
    case Kind::failing_recipients: return "failing_recipients";
    case Kind::fan_out: return "fan_out";
    case Kind::volume: return "volume";
    case Kind::spread: return "spread";
    case Kind::null_sender: return "null_sender";
    case Kind::campaign: return "campaign";
    case Kind::login_failures: return "login_failures";
    case Kind::unauthenticated: return "unauthenticated";
    }
    return "";
}

bool says_nonexistent(std::string_view enhanced) {
    if (enhanced.size() < 5 || enhanced[0] != '5') return false;
    const auto rest = enhanced.substr(1);
    return rest == ".1.1" || rest == ".1.2" || rest == ".1.3" || rest == ".1.10";
}

Time begin_of(const TraceId& trace) {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base32
    std::int64_t bits = 0;
    for (const char c : trace.view().substr(0, 10))
        bits = bits << 5 | static_cast<std::int64_t>(alphabet.find(c));
    return Time(std::chrono::milliseconds(bits >> 2));
}

std::uint64_t network_of(const IpAddress& client) {
    if (client.is_unspecified()) return 0;
    const std::size_t length = client.is_v4() ? 15 : 6; // a v4 address stands at the end of 16 octets
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < length; ++i)
        hash = hash * 257 + client.bytes()[i] + 1;
    return mixed(hash);
}

Observation observe(const event::Event& event, const Reading& reading) {
    using event::RefusedBy;
    Observation seen;
    switch (event.type) {
    case event::Type::delivery_result: observe_result(event, reading, seen); break;
    case event::Type::message_relayed: observe_message(event, reading, seen); break;
    case event::Type::message_refused:
        if (event.refused_by == RefusedBy::content || (event.refused_by == RefusedBy::next_hop && is_final(event)))
            observe_message(event, reading, seen);
        break;
    case event::Type::login_failed: seen.is_login_failure = event.refused_by == RefusedBy::nobody; break;
    case event::Type::connection_refused: break;
    }
    return seen;
}

} // namespace lazaret::detect
