// Step 7: the judgement becomes a verdict, with the words for the client. They never name a rule or a symbol, or spammers would
// write around it.

#include "smtp/replies.hpp"
#include "submission/session.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;
using event::RefusedBy;
using verdict::Mode;
using Kind = verdict::Verdict::Kind;

verdict::Verdict Session::decide(scan::Judgement judgement) const {
    const auto& trace = transaction_->record.trace;
    verdict::Verdict out;
    switch (judgement.kind) {
    case Kind::refuse: {
        const auto url = help_url(trace.view(), judgement.is_virus ? "virus" : "content");
        auto reply = judgement.is_virus ? replies::virus_refused(url) : replies::content_refused(url);
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
        out.tag = judgement.tag;
        out.divert = judgement.divert;
        if (out.tag) judgement.findings.emplace_back("tagged", Mode::enforce, 0);
        if (out.divert) judgement.findings.emplace_back("diverted", Mode::enforce, 0);
    }
    out.findings = std::move(judgement.findings);
    return out;
}

} // namespace lazaret::submission
