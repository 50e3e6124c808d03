// Step 7: one verdict out of all findings.

#include "smtp/replies.hpp"
#include "submission/session.hpp"

#include <algorithm>

namespace lazaret::submission {

verdict::Verdict Session::decide(std::vector<verdict::Finding> findings) const {
    verdict::Verdict out;
    if (verdict::enforced_score(findings) >= transaction_->settings->config.content.reject_score) {
        // The reason names the heaviest rule; the reply never does, or spammers would write around it.
        const auto heaviest = std::max_element(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
            const bool a_enforced = a.mode == verdict::Mode::enforce, b_enforced = b.mode == verdict::Mode::enforce;
            return a_enforced != b_enforced ? b_enforced : a.score < b.score;
        });
        out = verdict::turn_away(smtp::replies::content_refused(help_url(transaction_->record.trace.view(), "content")), event::RefusedBy::content, heaviest->name);
    }
    out.findings = std::move(findings);
    return out;
}

} // namespace lazaret::submission
