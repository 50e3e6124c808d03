#pragma once
// The numbers of lazaret-engine, each found once.

#include "core/time.hpp"
#include "event/event.hpp"
#include "metrics/registry.hpp"

#include <string>

namespace lazaret::engine {

struct Metrics {
    Metrics();
    void count_events(event::Type type, std::size_t count);
    void count_delivery(event::DeliveryStatus status);
    void count_incident(const std::string& cause);

    metrics::Gauge &db_up, &lag, &active, &shards, &states;
    metrics::Counter &unknown_subscriber, &confined, &log_lines, &unresolved;
    metrics::Histogram& decision_delay; ///< from the event that tipped it to the commit
};

Metrics& numbers();
metrics::Gauge& postfix_log_readable(const std::string& log); ///< one for each log of the configuration

} // namespace lazaret::engine
