#include "scan/dns_lists.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace lazaret::scan {

namespace {

std::vector<dns::List> lists_of(const std::vector<DnsListSettings>& settings) {
    std::vector<dns::List> out;
    for (const auto& each : settings)
        if (each.check.is_on()) out.push_back(each.list);
    return out;
}

std::vector<Check> checks_of(const std::vector<DnsListSettings>& settings) {
    std::vector<Check> out;
    for (const auto& each : settings)
        if (each.check.is_on()) out.push_back(each.check);
    return out;
}

} // namespace

DnsLists::DnsLists(const std::vector<DnsListSettings>& settings, dns::Resolver& resolver)
    : checks_(checks_of(settings)), lists_(lists_of(settings), resolver) {}

net::task<Outcome> DnsLists::scan(std::vector<std::string> hosts, IpAddress client, Duration timeout) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::string> domains;
    std::vector<IpAddress> addresses;
    if (!client.is_unspecified()) addresses.push_back(client);
    for (auto& host : hosts) {
        if (const auto address = IpAddress::parse(host)) addresses.push_back(*address);
        else domains.push_back(std::move(host));
    }
    const auto hits = co_await lists_.look_up(std::move(domains), std::move(addresses), timeout);

    Outcome outcome;
    outcome.daemon = Outcome::Daemon::answered;
    std::set<const dns::List*> seen;
    for (const auto& hit : hits) {
        if (!seen.insert(hit.list).second) continue;
        const auto& check = checks_[static_cast<std::size_t>(hit.list - lists_.lists().data())];
        report(outcome.findings, check, finding_name("dns." + hit.list->name, hit.subject));
        outcome.score += check.score;
    }
    outcome.state = outcome.findings.empty() ? Outcome::State::clean : Outcome::State::found;
    outcome.took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begun);
    co_return outcome;
}

} // namespace lazaret::scan
