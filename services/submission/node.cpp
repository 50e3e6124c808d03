#include "submission/node.hpp"

namespace lazaret::submission {

Node::Node(std::shared_ptr<const Settings> settings, std::unique_ptr<store::Journal> journal_in, std::string hash_key)
    : remembered(settings->config.auth.remember), hash(std::move(hash_key)), journal(std::move(journal_in)),
      settings_(settings), snapshot_(std::make_shared<const subscriber::Snapshot>()),
      hashing_(settings->config.auth.threads) {}

bool Node::enter_hashing() {
    const auto bound = settings()->config.auth.queue;
    if (hashing_waiting_.fetch_add(1, std::memory_order_relaxed) < bound) return true;
    leave_hashing();
    return false;
}

bool Node::worth_an_event(const IpAddress& address, Time now) {
    constexpr std::size_t remembered_addresses = 10000;
    return refused_.with([&](std::map<IpAddress, Time>& last) {
        auto [at, fresh] = last.try_emplace(address, now);
        if (!fresh && now - at->second < std::chrono::minutes(1)) return false;
        at->second = now;
        if (last.size() > remembered_addresses) last.clear();
        return true;
    });
}

} // namespace lazaret::submission
