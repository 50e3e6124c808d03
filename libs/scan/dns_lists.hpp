#pragma once
// DNS lists as a scanner among others: what the message's links lead to, and where it comes from.
//
//     auto domains = scan::hosts_to_ask(reading.uris(), links);
//     auto outcome = co_await dns_lists.scan(std::move(domains), client, timeout);
//
// Findings: dns.LIST.SUBJECT, the first of each list: dns.dbl.evil.example. A list that is away, refuses or lists everything
// finds nothing, so that the outcome is never "failed": lazaret_dns_list_total tells.

#include "dns/lists.hpp"
#include "scan/check.hpp"
#include "scan/scanner.hpp"

#include <string>
#include <vector>

namespace lazaret::scan {

struct DnsListSettings {
    dns::List list;
    Check check{verdict::Mode::warn, 5};

    DnsListSettings(dns::List which, const Check& how) : list(std::move(which)), check(how) {}
};

/// One thread's; the resolver must outlive it.
class DnsLists {
  public:
    DnsLists(const std::vector<DnsListSettings>& settings, dns::Resolver& resolver);

    bool empty() const { return checks_.empty(); } ///< no list that is on
    /// `hosts`: registrable domains, and addresses as text, of links. Lists of domains are asked about the domains, lists
    /// of addresses about `client` (unspecified: nobody) and the addresses in links.
    net::task<Outcome> scan(std::vector<std::string> hosts, IpAddress client, Duration timeout);

  private:
    std::vector<Check> checks_; // of each list
    dns::Lists lists_;
};

} // namespace lazaret::scan
