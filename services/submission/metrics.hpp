#pragma once
// The numbers of lazaret-submission, each found once so that counting on the mail path is one atomic add.

#include "event/event.hpp"
#include "metrics/registry.hpp"

#include <array>
#include <string_view>

namespace lazaret::submission {

enum class Port { submission, submissions, relay, filter, policy };
inline constexpr std::size_t port_count = 5;
std::string_view to_string(Port port);

/// By listener.
struct PortMetrics {
    explicit PortMetrics(Port port);
    metrics::Gauge& sessions;
    metrics::Counter &accepted, &refused_total, &refused_address, &refused_neighbours, &refused_network, &refused_early, &refused_proxy;
    metrics::Counter &relayed, &refused, &deferred, &discarded;
};

struct Metrics {
    Metrics();
    PortMetrics& of(Port port) { return ports[static_cast<std::size_t>(port)]; }
    void count_reason(event::RefusedBy who);
    void count_tls(Port port, std::string_view version, bool ok);
    void count_auth(std::string_view mechanism, std::string_view result);
    /// `passed`: the mode is warn, the excess went through.
    void count_limit(std::string_view limit, bool passed);

    std::array<PortMetrics, port_count> ports;
    metrics::Counter &recipients_relayed, &recipients_refused;
    metrics::Histogram& message_size;
    metrics::Counter& quarantine_refusals;
    metrics::Counter& events_left_out;
    metrics::Counter& tarpitted;
    metrics::Histogram& rules_duration;
    metrics::Counter &rules_clean, &rules_found;
    metrics::Counter &exhibits_kept, &exhibits_beyond;
    metrics::Gauge& clamav_database;
    metrics::Gauge& auth_backend_connections;
    metrics::Counter& snapshots_loaded;
    metrics::Gauge &reloaded_at, &certificate_expiry;
};

Metrics& numbers();

} // namespace lazaret::submission
