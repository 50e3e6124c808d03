// Step 6: look at the content. So far the rules of one file; findings are evidence whatever comes of them.

#include "scan/reading.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>
#include <chrono>

namespace lazaret::submission {

std::vector<verdict::Finding> Session::scan() {
    auto& tx = *transaction_;
    const auto& content = tx.settings->config.content;
    const auto body_at = std::min(tx.header->body_offset(), tx.spool.size());
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(body_at + content.scan_size, tx.spool.size()));
    std::string from_file;
    std::string_view octets;
    if (tx.spool.in_memory()) {
        octets = tx.spool.memory().substr(0, size);
    } else {
        from_file.resize(size);
        const auto got = tx.spool.read(0, from_file.data(), from_file.size());
        from_file.resize(got ? *got : 0);
        octets = from_file;
    }
    scan::Reading reading(octets, body_at);
    tx.record.fingerprint = reading.fingerprint();
    if (!tx.settings->rules) return {};
    const auto began = std::chrono::steady_clock::now();
    auto findings = worker_.rule_scanner().scan(*tx.settings->rules, reading);
    // The mode of all rules together can only make a rule milder.
    if (content.mode == config::Mode::warn)
        for (auto& finding : findings)
            if (finding.mode == verdict::Mode::enforce) finding.mode = verdict::Mode::warn;

    numbers().rules_duration.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    (findings.empty() ? numbers().rules_clean : numbers().rules_found).Increment();
    return findings;
}

} // namespace lazaret::submission
