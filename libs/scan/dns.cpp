#include "scan/dns.hpp"

#include <algorithm>

namespace lazaret::scan {

namespace {

dns::ResolverSettings resolver_settings(const config::Config& config) {
    dns::ResolverSettings settings;
    settings.servers = config.dns.servers;
    return settings;
}

dns::SpfHintSettings spf_settings(const config::Config& config) {
    dns::SpfHintSettings settings;
    settings.egress = config.next_hop.egress_addresses;
    settings.helo = config.node.hostname;
    return settings;
}

} // namespace

Dns::Making::Making(const config::Config& config)
    : servers(config.dns.servers), lists(config.dns_lists), egress(config.next_hop.egress_addresses), hostname(config.node.hostname) {}

Dns::Dns(net::Executor executor, const config::Config& config)
    : made_(config), resolver_(std::make_shared<dns::Resolver>(executor, resolver_settings(config))),
      lists_(dns_list_settings(config), *resolver_), spf_(executor, resolver_, spf_settings(config)) {}

bool Dns::differs_from(const config::Config& config) const {
    return made_ != Making(config);
}

bool Dns::has_lists(const config::Config& config, const Policy& policy) {
    const auto is_on = [](const config::DnsList& list) { return list.mode != config::Mode::off; };
    return policy.dns_lists != config::Mode::off && std::any_of(config.dns_lists.begin(), config.dns_lists.end(), is_on);
}

} // namespace lazaret::scan
