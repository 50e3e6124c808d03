#pragma once
// What a pool is told about its next hop.

#include "config/config.hpp"
#include "core/address.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/tls.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace lazaret::relay {

struct PoolSettings {
    Endpoint address;
    std::string hostname;                                ///< what we say in EHLO
    Duration connect_timeout = std::chrono::seconds(10); ///< also the longest wait for a free place
    Duration reply_timeout = std::chrono::minutes(1);    ///< for the reply to a command, banner included
    Duration data_timeout =
        std::chrono::minutes(10); ///< for the reply to the final dot, and for a stalled write
    Duration idle_timeout = std::chrono::minutes(1);     ///< an unused connection is closed after it
    Duration health_interval = std::chrono::seconds(5);  ///< between two looks at a hop that is away
    std::size_t max_connections = 100;                   ///< of this pool
    std::shared_ptr<const net::TlsContext> tls;          ///< STARTTLS is a must; null = never
    bool xclient_login = false;                          ///< the account is told with XCLIENT LOGIN
};

/// One for each of the addresses: config.next_hop's `addresses` or `divert_addresses`. `tls` is of hop_tls().
std::vector<PoolSettings> pool_settings(const config::Config& config, const std::vector<Endpoint>& addresses,
                                        std::shared_ptr<const net::TlsContext> tls);

/// Null where connections stay plain. The Error names an authorities' file that cannot be used.
Result<std::shared_ptr<const net::TlsContext>> hop_tls(const config::NextHop& config);

} // namespace lazaret::relay
