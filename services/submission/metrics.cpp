#include "submission/metrics.hpp"

namespace lazaret::submission {

namespace {

using metrics::counter;
using metrics::gauge;
using metrics::histogram;

constexpr const char* connections_help = "Connections by what became of them at accept.";
constexpr const char* messages_help = "Transactions that reached an outcome, by verdict.";
constexpr const char* recipients_help = "Recipients by verdict.";
constexpr const char* reasons_help = "Refused or deferred transactions by who refused.";
constexpr const char* auth_help = "AUTH exchanges by result.";
constexpr const char* handshakes_help = "TLS handshakes by result.";
constexpr const char* limits_help = "Recipients, or messages that a scanner has not judged, that a limit refused or would have.";
constexpr const char* exhibits_help = "Messages refused, discarded or diverted for their content, by whether something was kept of them.";
constexpr const char* scans_help = "Messages at each scanner, by result.";

metrics::Counter& connections(Port port, const char* result) {
    return counter("lazaret_connections_total", connections_help,
                   {{"listener", std::string(to_string(port))}, {"result", result}});
}

metrics::Counter& messages(Port port, const char* verdict) {
    return counter("lazaret_messages_total", messages_help,
                   {{"listener", std::string(to_string(port))}, {"verdict", verdict}});
}

} // namespace

std::string_view to_string(Port port) {
    switch (port) {
    case Port::submission: return "submission";
    case Port::submissions: return "submissions";
    case Port::relay: return "relay";
    case Port::filter: return "filter";
    case Port::policy: return "policy";
    }
    return "";
}

PortMetrics::PortMetrics(Port port)
    : sessions(gauge("lazaret_sessions", "Sessions open now.", {{"listener", std::string(to_string(port))}})),
      accepted(connections(port, "accepted")), refused_total(connections(port, "too_many")),
      refused_address(connections(port, "too_many_from_address")),
      refused_neighbours(connections(port, "too_many_from_network")),
      refused_network(connections(port, "network_not_allowed")), refused_early(connections(port, "early_talker")),
      refused_proxy(connections(port, "no_proxy_header")), relayed(messages(port, "relayed")),
      refused(messages(port, "refused")), deferred(messages(port, "deferred")), discarded(messages(port, "discarded")) {}

Metrics::Metrics()
    : ports{PortMetrics(Port::submission), PortMetrics(Port::submissions), PortMetrics(Port::relay), PortMetrics(Port::filter),
            PortMetrics(Port::policy)},
      recipients_relayed(counter("lazaret_recipients_total", recipients_help, {{"verdict", "relayed"}})),
      recipients_refused(counter("lazaret_recipients_total", recipients_help, {{"verdict", "refused"}})),
      message_size(histogram("lazaret_message_size_bytes", "Content of relayed messages.", metrics::size_bounds())),
      quarantine_refusals(counter("lazaret_quarantine_refusals_total", "Transactions refused because the subscriber is confined.")),
      events_left_out(counter("lazaret_events_left_out_total", "Events of what was refused, not written because the journal is full.")),
      tarpitted(counter("lazaret_tarpitted_replies_total", "Replies delayed because the client erred again and again.")),
      rules_duration(histogram("lazaret_scan_duration_seconds", "Time a scanner took for a message.",
                               metrics::duration_bounds(), {{"scanner", "rules"}})),
      rules_clean(counter("lazaret_scan_total", scans_help, {{"scanner", "rules"}, {"result", "clean"}})),
      rules_found(counter("lazaret_scan_total", scans_help, {{"scanner", "rules"}, {"result", "found"}})),
      exhibits_kept(counter("lazaret_exhibits_total", exhibits_help, {{"result", "kept"}})),
      exhibits_beyond(counter("lazaret_exhibits_total", exhibits_help, {{"result", "beyond"}})),
      clamav_database(gauge("lazaret_clamav_database_timestamp_seconds",
                            "When ClamAV's daily signatures were made, by its own local clock; 0 while that is unknown.")),
      auth_backend_connections(gauge("lazaret_auth_backend_connections", "Connections to Dovecot that are ready for logins.")),
      snapshots_loaded(counter("lazaret_snapshot_loads_total", "Snapshots that came into force.", {{"result", "ok"}})),
      reloaded_at(gauge("lazaret_config_reload_success_timestamp_seconds", "When the configuration in force was read.")),
      certificate_expiry(gauge("lazaret_certificate_expiry_timestamp_seconds", "When the served certificate expires.")) {
    // Series that alerts and boards ask for are there from the start, at zero.
    using event::RefusedBy;
    for (auto who : {RefusedBy::quarantine, RefusedBy::limit, RefusedBy::content, RefusedBy::next_hop, RefusedBy::protocol,
                     RefusedBy::rights, RefusedBy::unavailable})
        counter("lazaret_verdict_reasons_total", reasons_help,
                {{"reason", std::string(to_string(who))}});
    for (auto limit : {"messages_per_minute", "messages_per_hour", "messages_per_day", "recipients_per_minute",
                       "recipients_per_hour", "recipients_per_day", "unjudged"})
        for (auto action : {"defer", "warn"})
            counter("lazaret_ratelimit_hits_total", limits_help, {{"limit", limit}, {"action", action}});
    for (auto port : {Port::submission, Port::submissions, Port::relay})
        counter("lazaret_tls_handshakes_total", handshakes_help,
                {{"listener", std::string(to_string(port))}, {"version", "none"}, {"result", "failed"}});
    for (auto result : {"found", "none", "failed", "cached", "busy"})
        counter("lazaret_dns_queries_total", "Names looked up in the DNS, by result; cached: not asked again.", {{"result", result}});
    for (auto scanner : {"clamav", "spamassassin", "rspamd"})
        gauge("lazaret_scan_breakers_open", "Threads that leave a scanner alone because it fails.", {{"scanner", scanner}});
    for (auto mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "CRAM-MD5"})
        for (auto result : {"ok", "failed", "paused", "error"})
            counter("lazaret_auth_attempts_total", auth_help, {{"mechanism", mechanism}, {"result", result}});
}

void Metrics::count_reason(event::RefusedBy who) {
    counter("lazaret_verdict_reasons_total", reasons_help,
            {{"reason", std::string(to_string(who))}})
        .Increment();
}

void Metrics::count_tls(Port port, std::string_view version, bool ok) {
    counter("lazaret_tls_handshakes_total", handshakes_help,
            {{"listener", std::string(to_string(port))}, {"version", std::string(version)}, {"result", ok ? "ok" : "failed"}})
        .Increment();
}

void Metrics::count_auth(std::string_view mechanism, std::string_view result) {
    counter("lazaret_auth_attempts_total", auth_help,
            {{"mechanism", std::string(mechanism)}, {"result", std::string(result)}})
        .Increment();
}

void Metrics::count_limit(std::string_view limit, bool passed) {
    counter("lazaret_ratelimit_hits_total", limits_help,
            {{"limit", std::string(limit)}, {"action", passed ? "warn" : "defer"}})
        .Increment();
}

Metrics& numbers() {
    static Metrics instance;
    return instance;
}

} // namespace lazaret::submission
