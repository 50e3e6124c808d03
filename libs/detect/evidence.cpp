#include "detect/evidence.hpp"

#include "core/text.hpp"

#include <charconv>
#include <cmath>

namespace lazaret::detect {
namespace {

/// Log-likelihood ratio of `hits` among `trials` independent yes/no observations.
Step bernoulli(std::uint32_t hits, std::uint32_t trials, double bot, double good) {
    const double misses = trials - hits;
    return Step(hits * std::log(bot / good) + misses * std::log((1 - bot) / (1 - good)), hits, trials);
}

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

void observe_result(const event::Event& event, const Model& model, Observation& seen) {
    seen.is_result = true;
    const bool failed = event.delivery == event::DeliveryStatus::bounced && says_nonexistent(event.enhanced);
    // A deferral may still turn out well, other bounces blame more than the address: neither is a trial.
    if (!failed && event.delivery != event::DeliveryStatus::sent) return;
    seen.failing = bernoulli(failed ? 1 : 0, 1, model.failing_bot, model.failing_good);
}

void observe_message(const event::Event& event, const Model& model, Observation& seen) {
    seen.messages = 1;
    const auto accepted = static_cast<std::uint32_t>(event.recipients.size());
    seen.recipients = accepted + event.recipients_refused;

    if (model.delivery_results && event.type == event::Type::message_relayed) seen.awaited = accepted;
    const auto successes = model.delivery_results ? 0 : accepted;
    if (event.recipients_nonexistent + successes > 0)
        seen.failing = bernoulli(event.recipients_nonexistent, event.recipients_nonexistent + successes,
                                 model.failing_bot, model.failing_good);

    const Findings found = add_up(event.findings);
    if (event.refused_by == event::RefusedBy::content) {
        seen.content = bernoulli(1, 1, model.content_bot, model.content_good);
        seen.rule = std::string(found.worst.empty() ? std::string_view(event.reason) : found.worst);
    } else if (event.type == event::Type::message_relayed) {
        if (found.score >= model.reject_score) {
            seen.content = bernoulli(1, 1, model.warned_bot, model.warned_good);
            seen.rule = std::string(found.worst);
        } else {
            seen.content = bernoulli(0, 1, model.content_bot, model.content_good);
        }
    }
    seen.rule = printable(seen.rule, 60);
}

} // namespace

double success_llr(const Model& model) {
    return std::log((1 - model.failing_bot) / (1 - model.failing_good));
}

std::string_view to_string(Kind kind) {
    switch (kind) {
    case Kind::content: return "content";
    case Kind::failing_recipients: return "failing_recipients";
    case Kind::volume: return "volume";
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

Observation observe(const event::Event& event, const Model& model) {
    using event::RefusedBy;
    Observation seen;
    switch (event.type) {
    case event::Type::delivery_result: observe_result(event, model, seen); break;
    case event::Type::message_relayed: observe_message(event, model, seen); break;
    case event::Type::message_refused:
        if (event.refused_by == RefusedBy::content || event.refused_by == RefusedBy::next_hop)
            observe_message(event, model, seen);
        break;
    case event::Type::connection_refused:
    case event::Type::login_failed: break;
    }
    return seen;
}

} // namespace lazaret::detect
