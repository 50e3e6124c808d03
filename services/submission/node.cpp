#include "submission/node.hpp"

#include "core/random.hpp"
#include "log/log.hpp"

namespace lazaret::submission {

namespace {

/// Whether a minute has passed since the last time. Bounded: in a flood of addresses all are forgotten at once.
bool once_a_minute(Guarded<std::map<IpAddress, Time>>& times, const IpAddress& address, Time now) {
    constexpr std::size_t remembered_addresses = 10000;
    return times.with([&](std::map<IpAddress, Time>& last) {
        if (last.size() >= remembered_addresses) last.clear();
        auto [at, fresh] = last.try_emplace(address, now);
        if (!fresh && now - at->second < std::chrono::minutes(1)) return false;
        at->second = now;
        return true;
    });
}

/// Of tables that end with the process.
std::string fresh_key() {
    std::string key(32, '\0');
    random_bytes(key.data(), key.size());
    return key;
}

} // namespace

Node::Node(std::shared_ptr<const Settings> settings, std::unique_ptr<store::Journal> journal_in, std::string hash_key)
    : spool_memory(settings->config.server.spool_memory_shared), remembered(settings->config.auth.remember), backoff(fresh_key(), settings->config.auth.max_backoff),
      decoy_secret(hmac_sha256(hash_key, "logins that do not exist")), hash(std::move(hash_key)),
      journal(std::move(journal_in)), hashing(settings->config.auth.threads), settings_(settings), snapshot_(std::make_shared<const subscriber::Snapshot>()) {}

void Node::report_failures(Time now) {
    for (const auto& count : failure_reports.due(now)) {
        event::Event record;
        record.type = event::Type::login_failed;
        record.at = now;
        record.client = count.client;
        record.account = count.account;
        record.listener = count.listener;
        record.reason = "repeated " + std::to_string(count.attempts) + " times";
        if (const auto* account = snapshot()->directory->account(count.account)) record.subscriber = account->subscriber;
        log::info("login_failed", "further logins failed",
                  {{"account", count.account}, {"client", count.client.to_string()}, {"attempts", count.attempts}});
        if (auto written = journal->append(std::move(record)); !written) log::error("journal_failed", written.error().message);
    }
}

bool Node::worth_an_event(const IpAddress& address, Time now) {
    return once_a_minute(refused_, address, now);
}

bool Node::worth_a_line(const IpAddress& address, Time now) {
    return once_a_minute(told_, address, now);
}

bool Node::trusts(const IpAddress& address) const {
    const auto directory = snapshot()->directory;
    const auto* network = directory->network(address);
    return network && network->klass == subscriber::Class::trusted;
}

} // namespace lazaret::submission
