// Step 7: the judgement becomes a verdict, with the words for the client. They never name a rule or a symbol, or spammers would
// write around it; of a file whoever sent it in good faith has to know that it was the file.

#include "limits/share.hpp"
#include "smtp/replies.hpp"
#include "submission/confinement.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;
using event::RefusedBy;
using verdict::Mode;
using Kind = verdict::Verdict::Kind;

namespace {

enum class Refused { content, attachment, virus };

/// The page's word for it, {reason} in server.help_url.
std::string_view help_word(Refused why) {
    return why == Refused::virus ? "virus" : why == Refused::attachment ? "attachment" : "content";
}

smtp::Reply refusal_reply(Refused why, const std::string& url) {
    switch (why) {
    case Refused::virus: return replies::virus_refused(url);
    case Refused::attachment: return replies::attachment_refused(url);
    case Refused::content: break;
    }
    return replies::content_refused(url);
}

} // namespace

verdict::Verdict Session::decide(scan::Judgement judgement) const {
    const auto& trace = transaction_->record.trace;
    verdict::Verdict out;
    switch (judgement.kind) {
    case Kind::refuse: {
        const auto why = judgement.is_virus                              ? Refused::virus
                         : judgement.reason.starts_with("attachment.") ? Refused::attachment
                                                                       : Refused::content;
        auto reply = refusal_reply(why, help_url(trace.view(), help_word(why)));
        out = verdict::turn_away(std::move(reply), RefusedBy::content, std::move(judgement.reason));
        break;
    }
    case Kind::discard: // as if the next hop had taken it
        out = verdict::Verdict(Kind::discard, replies::accepted("Ok: queued as " + std::string(trace.view())), RefusedBy::content,
                               std::move(judgement.reason));
        break;
    case Kind::defer: // nothing is said about the message, so it is no evidence
        out = verdict::turn_away(replies::content_unjudged(), RefusedBy::unavailable, std::move(judgement.reason));
        break;
    case Kind::accept:
        if (judgement.is_unjudged)
            if (auto over = over_unjudged_limit()) {
                out = std::move(*over);
                break;
            }
        out.tag = judgement.tag;
        out.divert = worker_.divert_hops() &&
                     (judgement.divert || diverts(*worker_.node().snapshot(), transaction_->record, lazaret::now()));
        if (out.divert && judgement.divert) out.by = RefusedBy::content;
        if (out.tag) judgement.findings.emplace_back("tagged", Mode::enforce, 0);
        if (out.divert) judgement.findings.emplace_back("diverted", Mode::enforce, 0);
    }
    out.findings = std::move(judgement.findings);
    return out;
}

/// Reserves a place for the message among those that a scanner has not judged, or says why there is none.
std::optional<verdict::Verdict> Session::over_unjudged_limit() const {
    auto& tx = *transaction_;
    const auto& config = tx.settings->config;
    if (config.limits.mode == Mode::off) return std::nullopt;
    const bool warn = config.limits.mode == Mode::warn;
    const auto plan = limits::share_of(tx.plan, config.content.unjudged_share);
    auto decision = worker_.node().unjudged.reserve(identity_.subscriber, plan, 1, tx.recipients, lazaret::now(),
                                                    warn ? limits::Excess::pass : limits::Excess::refuse);
    tx.unjudged = std::move(decision.reservation);
    if (decision.allowed) return std::nullopt;
    numbers().count_limit("unjudged", warn);
    if (warn) return std::nullopt;
    const auto wait = format_duration(std::chrono::ceil<std::chrono::seconds>(decision.retry_after));
    auto reply = replies::unjudged_limit_reached(wait, help_url(tx.record.trace.view(), "limit"));
    return verdict::turn_away(std::move(reply), RefusedBy::limit, "unjudged." + std::string(decision.limit));
}

} // namespace lazaret::submission
