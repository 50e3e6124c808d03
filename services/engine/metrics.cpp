#include "engine/metrics.hpp"

namespace lazaret::engine {
namespace {

metrics::Counter& events(event::Type type) {
    return metrics::counter("lazaret_engine_events_total", "Events taken over by the engine, by type.",
                            {{"type", std::string(event::to_string(type))}});
}

metrics::Counter& deliveries(event::DeliveryStatus status) {
    return metrics::counter("lazaret_delivery_results_total",
                            "Delivery results from Postfix's logs, by status.",
                            {{"status", std::string(event::to_string(status))}});
}

metrics::Counter& incidents(const std::string& cause) {
    return metrics::counter("lazaret_incidents_total", "Incidents opened, by cause.", {{"cause", cause}});
}

} // namespace

Metrics::Metrics()
    : db_up(metrics::gauge("lazaret_db_up", "1 while PostgreSQL answers.")),
      lag(metrics::gauge("lazaret_engine_lag_seconds",
                         "Time since the engine had seen every event there was.")),
      active(metrics::gauge("lazaret_engine_active", "1 while this engine decides, 0 while it stands by.")),
      shards(metrics::gauge("lazaret_engine_shards", "Sixteenths of the subscribers that this engine decides about.")),
      states(metrics::gauge("lazaret_engine_states", "Subscribers whose state is held in memory.")),
      unknown_subscriber(metrics::counter("lazaret_engine_unknown_subscriber_events_total",
                                          "Events that name no subscriber.")),
      confined(metrics::counter("lazaret_quarantine_changes_total",
                                "Changes of confinement, by action and author.",
                                {{"action", "added"}, {"actor", "engine"}})),
      log_lines(metrics::counter("lazaret_postfix_log_lines_total", "Lines read from Postfix's logs.")),
      unresolved(metrics::counter("lazaret_delivery_results_unresolved_total",
                                  "Delivery results whose message was not found among the relayed ones.")),
      decision_delay(metrics::histogram("lazaret_engine_decision_seconds",
                                        "From the event that tipped a decision to its commit.",
                                        metrics::duration_bounds())) {
    // Made at the start, so that a rate over them is known from the first change on.
    for (auto type :
         {event::Type::connection_refused, event::Type::login_failed, event::Type::message_relayed,
          event::Type::message_refused, event::Type::delivery_result})
        events(type);
    for (auto status : {event::DeliveryStatus::sent, event::DeliveryStatus::deferred,
                        event::DeliveryStatus::bounced, event::DeliveryStatus::expired})
        deliveries(status);
    incidents("bot");
}

void Metrics::count_events(event::Type type, std::size_t count) {
    events(type).Increment(static_cast<double>(count));
}
void Metrics::count_delivery(event::DeliveryStatus status) {
    deliveries(status).Increment();
}
void Metrics::count_incident(const std::string& cause) {
    incidents(cause).Increment();
}

metrics::Gauge& postfix_log_readable(const std::string& log) {
    return metrics::gauge("lazaret_engine_postfix_log_readable", "1 while a log of Postfix's is there and can be read.",
                          {{"log", log}});
}

Metrics& numbers() {
    static Metrics metrics;
    return metrics;
}

} // namespace lazaret::engine
