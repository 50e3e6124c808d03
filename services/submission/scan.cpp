// Step 6: look at the content, here and at the scanners, which are asked side by side. What is found is evidence, whatever
// comes of it.

#include "scan/reading.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>
#include <chrono>
#include <functional>

namespace lazaret::submission {

namespace {

/// Scanners that take long hold no connection to the next hop.
class Parking final : public net::Deadline {
  public:
    Parking(relay::Transaction& hop, net::Deadlines& deadlines) : hop_(hop) {
        deadlines.add(*this);
        arm(clock::now() + relay::patience);
    }

  private:
    void expire() override { hop_.park(); }
    relay::Transaction& hop_;
};

} // namespace

net::task<scan::Judgement> Session::scan() {
    auto& tx = *transaction_;
    const auto& config = tx.settings->config;
    const auto policy = scan::policy_for(config, to_string(identity_.klass), tx.plan.name);
    std::vector<verdict::Finding> findings;
    if (!scan::Daemons::wanted(config, policy)) {
        findings = look(policy);
        co_return scan::judge(std::move(findings), {}, policy);
    }
    const auto daemons = worker_.daemons();
    const auto envelope = scan_envelope();
    Parking parking(*tx.hop, worker_.deadlines());
    std::function<void()> meanwhile = [this, &findings, &policy] { findings = look(policy); };
    const auto looks = co_await daemons->ask(*tx.outgoing, envelope, config, policy, std::move(meanwhile));
    co_return scan::judge(std::move(findings), looks, policy);
}

/// The checks of this process, on what the client sent; bounded by content.scan_size, since nobody else's session goes on
/// meanwhile.
std::vector<verdict::Finding> Session::look(const scan::Policy& policy) {
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
    if (tx.settings->checks->empty() || policy.mode == config::Mode::off) return {};
    const auto began = std::chrono::steady_clock::now();
    auto findings = tx.settings->checks->run(reading, worker_.rule_scanner());
    numbers().rules_duration.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    (findings.empty() ? numbers().rules_clean : numbers().rules_found).Increment();
    return findings;
}

scan::Envelope Session::scan_envelope() const {
    const auto& tx = *transaction_;
    const auto tls = stream_.tls_info();
    scan::Envelope out;
    out.client = client_address();
    out.helo = client_helo();
    out.sender = tx.mail.path.address;
    for (const auto& to : tx.hop->taken())
        out.recipients.push_back(to.path.address);
    out.account = identity_.account;
    out.trace_id = tx.record.trace.view();
    out.tls_version = tls.version;
    out.tls_cipher = tls.cipher;
    return out;
}

} // namespace lazaret::submission
