#pragma once
// What one thread asks the DNS about messages: its resolver, and the lists and the hint about SPF that ask by it. Kept from message to message, since
// answers are remembered; whoever asks holds it until the answers are there.

#include "config/config.hpp"
#include "dns/spf_hints.hpp"
#include "scan/dns_lists.hpp"
#include "scan/policy.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lazaret::scan {

class Dns {
  public:
    /// `executor` is the thread's, whose io_context outlives this. Throws as dns::Resolver does.
    Dns(net::Executor executor, const config::Config& config);

    /// Whether a configuration asks otherwise, so that this has to be made anew.
    bool differs_from(const config::Config& config) const;
    /// Whether there is a list to ask about a message under this policy.
    static bool has_lists(const config::Config& config, const Policy& policy);

    DnsLists& lists() { return lists_; }
    dns::SpfHints& spf() { return spf_; }
    void stop() { resolver_->stop(); } ///< whoever waits has no answer; nothing keeps the loop from ending

  private:
    /// What of a configuration this is made with.
    struct Making {
        std::vector<Endpoint> servers;
        std::vector<config::DnsList> lists;
        std::vector<IpAddress> egress;
        std::string hostname;

        explicit Making(const config::Config& config);
        bool operator==(const Making&) const = default;
    };

    Making made_;
    std::shared_ptr<dns::Resolver> resolver_;
    DnsLists lists_;
    dns::SpfHints spf_;
};

} // namespace lazaret::scan
