// Step 4, second half: RCPT. Limits are reserved here; the client sees the next hop's own answer. What it has pipelined
// (RFC 2920) is asked for in one group.

#include "core/text.hpp"
#include "log/log.hpp"
#include "mime/mask.hpp"
#include "smtp/replies.hpp"
#include "submission/masking.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;

namespace {

constexpr std::uint32_t most_at_once = 100;

/// RFC 3463 3.2: codes that say there is no such mailbox or domain.
bool nonexistent(const smtp::Reply& reply) {
    const auto& code = reply.enhanced();
    return reply.permanent() && code.subject == 1 && (code.detail == 1 || code.detail == 2 || code.detail == 3 || code.detail == 10);
}

} // namespace

/// A place within the subscriber's limits for one recipient more, and for the message where it is the first.
limits::Decision Session::reserve(limits::Excess excess) {
    auto& tx = *transaction_;
    auto& limiter = worker_.node().limiter;
    if (tx.settings->config.limits.mode == config::Mode::off) return limits::Decision();
    const Time now = lazaret::now();
    auto decision = tx.reservation.empty() ? limiter.reserve(identity_.subscriber, tx.plan, 1, 1, now, excess)
                                           : limiter.extend(tx.reservation, tx.plan, 1, now, excess);
    if (!decision.reservation.empty()) tx.reservation = std::move(decision.reservation);
    return decision;
}

/// Reserves it for a recipient, or says why there is none.
std::optional<smtp::Reply> Session::over_limit() {
    auto& tx = *transaction_;
    const bool warn = tx.settings->config.limits.mode == config::Mode::warn;
    const auto decision = reserve(warn ? limits::Excess::pass : limits::Excess::refuse);
    if (decision.allowed) return std::nullopt;
    numbers().count_limit(decision.limit, warn);
    if (warn) return std::nullopt;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after);
    auto reply = replies::limit_reached(decision.limit, format_duration(wait), help_url(tx.record.trace.view(), "limit"));
    note_refusal(event::RefusedBy::limit, decision.limit, reply);
    return reply;
}

net::task<> Session::rcpt(smtp::RcptTo to) {
    auto& tx = *transaction_;
    if (const auto over = over_limit()) {
        ++refused_recipients_;
        say(*over);
        co_return;
    }
    std::vector<smtp::RcptTo> group;
    group.push_back(std::move(to));
    gather(group);
    if (!tx.hop) tx.hop.emplace(worker_.hops(), forward(), tx.mail, [this] { hurry(); });
    const relay::Answered answered = [this](const smtp::RcptTo& who, const smtp::Reply& reply) { recipient_answered(who, reply); };
    co_await tx.hop->rcpt(group, answered);
    if (tx.recipients == 0) tx.reservation.give_back(); // the message's place, too
}

/// Takes the RCPTs that have come already behind the first one of the group, as far as the next hop's answers are all that
/// is open: what we would answer ourselves, or what an answer before it can change, waits for its own turn.
void Session::gather(std::vector<smtp::RcptTo>& group) {
    const auto refusals_left = config().server.max_recipients - refused_recipients_ + 1;
    const auto most = std::min({most_at_once, machine_.recipients_left(), refusals_left});
    while (group.size() < most) {
        const auto line = lines_.peek();
        if (!line || !ascii_istarts_with(*line, "RCPT ")) return;
        auto action = machine_.feed(*line, worker_.hops().extensions());
        if (action.step != smtp::Step::rcpt) return;
        if (!reserve(limits::Excess::refuse).allowed) return; // a place may be free when those before it are answered
        (void)lines_.next(line_);
        if (tracing_.active()) tell(Side::client, masked_command(line_));
        group.push_back(std::move(action.rcpt));
    }
}

void Session::recipient_answered(const smtp::RcptTo& to, const smtp::Reply& reply) {
    auto& tx = *transaction_;
    if (reply.code() / 100 == 2) {
        ++tx.recipients;
        tx.record.recipients.emplace_back(worker_.node().hash(ascii_lowercase(to.path.address)), ascii_lowercase(to.path.domain()));
        machine_.rcpt_accepted();
    } else {
        ++refused_recipients_;
        tx.reservation.release_recipient();
        if (reply.permanent()) {
            ++tx.record.recipients_refused;
            if (nonexistent(reply)) ++tx.record.recipients_nonexistent;
        }
        numbers().recipients_refused.Increment();
        note_refusal(tx.hop->failed() ? event::RefusedBy::unavailable : event::RefusedBy::next_hop,
                     mime::Mask({to.path.address}).reply(reply.text(), event::longest_reason), reply);
    }
    say(reply);
}

} // namespace lazaret::submission
