#pragma once
// DNS lists as scanners among others: what the message's links lead to, and where it comes from.
//
// Findings: dns.LIST.SUBJECT, the first of each list: dns.dbl.evil.example. A list that is away, refuses or lists everything
// finds nothing: lazaret_dns_list_total and lazaret_dns_list_off tell (dns/lists.hpp).

#include "config/config.hpp"
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
/// Those of a configuration, in its order.
std::vector<DnsListSettings> dns_list_settings(const config::Config& config);

/// What came of one list. Where it is away or not believed, the outcome is `failed` and says so.
struct ListLook {
    std::string list; ///< its name
    Outcome outcome;

    ListLook() = default; // travels through coroutines: no aggregate
};

/// One thread's; the resolver must outlive it.
class DnsLists {
  public:
    DnsLists(const std::vector<DnsListSettings>& settings, dns::Resolver& resolver);

    bool empty() const { return checks_.empty(); } ///< no list that is on
    /// `hosts`: registrable domains, and addresses as text, of links. Lists of domains are asked about the domains, lists
    /// of addresses about `client` (unspecified: nobody) and the addresses in links. No finding is stricter than `mode`.
    net::task<std::vector<ListLook>> scan(std::vector<std::string> hosts, IpAddress client, verdict::Mode mode, Duration timeout);

  private:
    std::vector<Check> checks_; // of each list
    dns::Lists lists_;
};

} // namespace lazaret::scan
