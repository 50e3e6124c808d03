// Step 6: look at the content. So far the rules of one file; findings are evidence whatever comes of them.

#include "message/fingerprint.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>
#include <chrono>

namespace lazaret::submission {

std::vector<verdict::Finding> Session::scan() {
    auto& tx = *transaction_;
    const auto& content = tx.settings->config.content;
    const std::string_view head = tx.header->raw();
    const auto body_at = std::min(tx.header->body_offset(), tx.spool.size());
    const auto body_size = static_cast<std::size_t>(std::min<std::uint64_t>(content.scan_size, tx.spool.size() - body_at));
    std::string from_file;
    std::string_view body;
    if (tx.spool.in_memory()) {
        body = tx.spool.memory().substr(static_cast<std::size_t>(body_at), body_size);
    } else {
        from_file.resize(body_size);
        const auto got = tx.spool.read(body_at, from_file.data(), from_file.size());
        from_file.resize(got ? *got : 0);
        body = from_file;
    }
    tx.record.fingerprint = message::fingerprint(body);
    if (!tx.settings->rules) return {};
    const auto began = std::chrono::steady_clock::now();
    auto findings = worker_.rule_scanner().scan(*tx.settings->rules, head, body);
    // The mode of all rules together can only make a rule milder.
    if (content.mode == config::Mode::warn)
        for (auto& finding : findings)
            if (finding.mode == verdict::Mode::enforce) finding.mode = verdict::Mode::warn;

    numbers().rules_duration.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    (findings.empty() ? numbers().rules_clean : numbers().rules_found).Increment();
    return findings;
}

} // namespace lazaret::submission
