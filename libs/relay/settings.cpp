#include "relay/settings.hpp"

namespace lazaret::relay {

std::vector<PoolSettings> pool_settings(const config::Config& config, const std::vector<Endpoint>& addresses,
                                        std::shared_ptr<const net::TlsContext> tls) {
    PoolSettings each;
    each.hostname = config.node.hostname;
    each.connect_timeout = config.next_hop.connect_timeout;
    each.reply_timeout = config.next_hop.reply_timeout;
    each.data_timeout = config.next_hop.data_timeout;
    each.idle_timeout = config.next_hop.idle_timeout;
    each.health_interval = config.next_hop.health_interval;
    each.max_connections = config.next_hop.max_connections;
    each.xclient_login = config.next_hop.xclient_login;
    each.tls = std::move(tls);
    std::vector<PoolSettings> out;
    for (const auto& address : addresses) {
        each.address = address;
        out.push_back(each);
    }
    return out;
}

Result<std::shared_ptr<const net::TlsContext>> hop_tls(const config::NextHop& config) {
    if (config.tls == config::HopTls::off) return std::shared_ptr<const net::TlsContext>();
    const auto verify =
        config.tls == config::HopTls::verify ? net::TlsContext::Verify::yes : net::TlsContext::Verify::no;
    return net::TlsContext::client(verify, config.tls_ca_file);
}

} // namespace lazaret::relay
