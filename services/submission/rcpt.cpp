// Step 4, second half: RCPT. Limits are reserved here; the client sees the next hop's own answer.

#include "core/text.hpp"
#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;

namespace {

/// RFC 3463 3.2: codes that say there is no such mailbox or domain.
bool nonexistent(const smtp::Reply& reply) {
    const auto& code = reply.enhanced();
    return reply.permanent() && code.subject == 1 && (code.detail == 1 || code.detail == 2 || code.detail == 3 || code.detail == 10);
}

} // namespace

net::task<smtp::Reply> Session::rcpt(smtp::RcptTo to) {
    auto& tx = *transaction_;
    auto& shared = worker_.node();
    const auto& limits = tx.settings->config.limits;
    const Time now = lazaret::now();

    if (limits.mode != config::Mode::off) {
        const auto excess = limits.mode == config::Mode::warn ? limits::Excess::pass : limits::Excess::refuse;
        auto decision = tx.reservation.empty()
                            ? shared.limiter.reserve(identity_.subscriber, tx.plan, 1, 1, now, excess)
                            : shared.limiter.extend(tx.reservation, tx.plan, 1, now, excess);
        const bool over = !decision.allowed;
        if (over) numbers().count_limit(decision.limit, excess == limits::Excess::pass);
        if (over && excess == limits::Excess::refuse) {
            const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after);
            auto reply = replies::limit_reached(decision.limit, format_duration(wait), help_url(tx.record.trace.view(), "limit"));
            note_refusal(event::RefusedBy::limit, decision.limit, reply);
            co_return reply;
        }
        if (!decision.reservation.empty()) tx.reservation = std::move(decision.reservation);
    }

    if (!tx.hop) tx.hop.emplace(worker_.hops(), forward(), tx.mail, [this] { hurry(); });
    const std::string address = ascii_lowercase(to.path.address);
    const std::string domain = ascii_lowercase(to.path.domain());
    smtp::Reply reply = co_await tx.hop->rcpt(std::move(to));
    if (reply.code() / 100 != 2) {
        // Nothing of this recipient is left: neither its own place nor, where it was the first, the message's.
        if (tx.recipients == 0) tx.reservation.give_back();
        else tx.reservation.release_recipient();
        if (reply.permanent()) {
            ++tx.record.recipients_refused;
            if (nonexistent(reply)) ++tx.record.recipients_nonexistent;
        }
        numbers().recipients_refused.Increment();
        note_refusal(tx.hop->failed() ? event::RefusedBy::unavailable : event::RefusedBy::next_hop, reply.text(), reply);
        co_return reply;
    }
    ++tx.recipients;
    tx.record.recipients.emplace_back(shared.hash(address), domain);
    machine_.rcpt_accepted();
    co_return reply;
}

} // namespace lazaret::submission
