#include "scan/dns_lists.hpp"

#include "scan/policy.hpp"

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

ListLook look_of(const dns::Report& report, const Check& check, verdict::Mode mode) {
    ListLook look;
    look.list = report.list->name;
    auto& outcome = look.outcome;
    if (!report.listed.empty()) {
        outcome.state = Outcome::State::found;
        const Check capped(milder(check.mode, mode), check.score);
        scan::report(outcome.findings, capped, finding_name("dns." + look.list, report.listed.front()));
        outcome.score = check.score;
    } else if (report.state == dns::Report::State::off) {
        outcome = Outcome::failed("refuses to answer or lists everything: not believed", Outcome::Daemon::answered);
    } else if (report.state == dns::Report::State::away) {
        outcome = Outcome::failed("no answer in time", Outcome::Daemon::ailing);
    } else {
        outcome.state = Outcome::State::clean;
    }
    outcome.took = report.took;
    return look;
}

} // namespace

std::vector<DnsListSettings> dns_list_settings(const config::Config& config) {
    using Of = dns::List::Of;
    std::vector<DnsListSettings> out;
    for (const auto& each : config.dns_lists) {
        const auto of = each.of == config::DnsList::Of::addresses ? Of::addresses : Of::domains;
        out.emplace_back(dns::List(each.name, each.zone, of, each.counts), Check(each.mode, each.score));
    }
    return out;
}

DnsLists::DnsLists(const std::vector<DnsListSettings>& settings, dns::Resolver& resolver)
    : checks_(checks_of(settings)), lists_(lists_of(settings), resolver) {}

net::task<std::vector<ListLook>> DnsLists::scan(std::vector<std::string> hosts, IpAddress client, verdict::Mode mode, Duration timeout) {
    std::vector<std::string> domains;
    std::vector<IpAddress> addresses;
    if (!client.is_unspecified()) addresses.push_back(client);
    for (auto& host : hosts) {
        if (const auto address = IpAddress::parse(host)) addresses.push_back(*address);
        else domains.push_back(std::move(host));
    }
    const auto reports = co_await lists_.look_up(std::move(domains), std::move(addresses), timeout);
    std::vector<ListLook> looks;
    for (const auto& report : reports)
        looks.push_back(look_of(report, checks_[static_cast<std::size_t>(report.list - lists_.lists().data())], mode));
    co_return looks;
}

} // namespace lazaret::scan
