#pragma once
// What the configuration comes to, ready for use. Immutable: SIGHUP makes a new one, sessions and transactions in progress
// keep the one they began with.

#include "config/config.hpp"
#include "net/tls.hpp"
#include "scan/local_checks.hpp"
#include "smtp/server.hpp"
#include "submission/metrics.hpp"

#include <array>
#include <memory>

namespace lazaret::submission {

struct Settings {
    config::Config config;
    std::array<smtp::ServerSettings, port_count> ports;
    std::shared_ptr<const net::TlsContext> tls;   ///< null where no listener needs it
    std::shared_ptr<const net::TlsContext> next_hop_tls; ///< null where connections to the next hop stay plain
    std::shared_ptr<const scan::LocalChecks> checks; ///< never null

    const smtp::ServerSettings& port(Port p) const { return ports[static_cast<std::size_t>(p)]; }

    /// Reads certificates, rules and lists. All that is wrong with them in one sentence; nothing is half made.
    static Result<std::shared_ptr<const Settings>> make(config::Config config);
};

} // namespace lazaret::submission
