// Step 6: look at the content, here and at scanners and DNS lists, which are asked side by side. What is found is evidence, whatever
// comes of it.

#include "net/together.hpp"
#include "scan/links.hpp"
#include "scan/reading.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>

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

/// The message as the client sent it, by position.
class Spooled final : public scan::Octets {
  public:
    explicit Spooled(const Spool& spool) : spool_(&spool) {}
    std::uint64_t size() const override { return spool_->size(); }
    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) const override {
        return spool_->read(offset, into.data(), into.size());
    }

  private:
    const Spool* spool_;
};

Duration since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

} // namespace

/// What some of those who look at a message have seen.
struct Session::Sight {
    std::vector<verdict::Finding> findings;
    std::vector<scan::Look> looks;

    Sight() = default; // travels through coroutines: no aggregate
};

net::task<scan::Judgement> Session::scan() {
    auto& tx = *transaction_;
    const auto& config = tx.settings->config;
    const auto policy = scan::policy_for(config, to_string(identity_.klass), tx.plan.name);
    const bool by_daemons = scan::Daemons::wanted(config, policy), by_lists = scan::Dns::has_lists(config, policy);
    if (!by_daemons && !by_lists) co_return scan::judge(look(policy, nullptr), {}, policy);
    Parking parking(*tx.hop, worker_.deadlines());
    std::vector<net::task<Sight>> asked;
    if (by_daemons) asked.push_back(look_by_daemons(policy)); // first, since what follows keeps this thread for a moment
    asked.push_back(look_with_lists(policy));
    auto all = net::together(std::move(asked));
    auto sights = co_await std::move(all);
    co_return scan::judge(std::move(sights.back().findings), sights.front().looks, policy);
}

net::task<Session::Sight> Session::look_by_daemons(const scan::Policy& policy) {
    auto& tx = *transaction_;
    const auto daemons = worker_.daemons();
    const auto envelope = scan_envelope();
    Sight sight;
    sight.looks = co_await daemons->ask(*tx.outgoing, envelope, tx.settings->config, policy);
    co_return sight;
}

/// The checks of this process, and then the DNS lists, about what has been found: their deadline is that of the daemons.
net::task<Session::Sight> Session::look_with_lists(const scan::Policy& policy) {
    const auto began = std::chrono::steady_clock::now();
    const auto& config = transaction_->settings->config;
    const bool by_lists = scan::Dns::has_lists(config, policy);
    std::vector<std::string> hosts;
    Sight sight;
    sight.findings = look(policy, by_lists ? &hosts : nullptr);
    if (!by_lists) co_return sight;
    const auto dns = worker_.dns();
    const auto timeout = std::min(config.dns.timeout, std::max(config.content.scan_timeout - since(began), Duration::zero()));
    auto listed = co_await dns->lists().scan(std::move(hosts), client_address(), policy.dns_lists, timeout);
    for (auto& each : listed)
        std::move(each.outcome.findings.begin(), each.outcome.findings.end(), std::back_inserter(sight.findings));
    co_return sight;
}

/// The checks of this process, on what the client sent; bounded by content.scan_size, since nobody else's session goes on
/// meanwhile. Beyond that only the beginnings of lines are looked at, for files.
std::vector<verdict::Finding> Session::look(const scan::Policy& policy, std::vector<std::string>* to_ask) {
    auto& tx = *transaction_;
    const auto& content = tx.settings->config.content;
    const auto body_at = tx.header->body_offset();
    std::string from_file;
    const Spooled whole(tx.spool);
    scan::Reading reading(tx.spool.beginning(scan::octets_to_read(body_at, content.scan_size), from_file), body_at, &whole);
    tx.record.fingerprint = reading.fingerprint();
    tx.record.agent_hash = reading.agent_hash();
    auto hosts = tx.settings->checks->hosts(reading);
    tx.record.uri_hosts = scan::hosts_to_keep(hosts);
    if (to_ask) *to_ask = std::move(hosts);
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
