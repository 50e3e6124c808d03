#pragma once
// What the ticket system is told about an incident: a CloudEvents 1.0 envelope around our own data, complete
// enough that a template can make any ticket of it. Counts, reasons, trace ids, and of two messages that were refused for their
// content a masked excerpt; no recipients.

#include "core/time.hpp"
#include "store/engine_state.hpp"

#include <string>

namespace lazaret::respond {

inline constexpr const char* ticket_content_type = "application/cloudevents+json; charset=utf-8";

/// `node` names the sender; `at` is the moment of the change. Below 20 kB.
store::Notice make_notice(const store::Outcome& outcome, const std::string& node, Time at);

/// What the subscriber reads in a refusal: one sentence. `part`: login or address that the scope names.
std::string reason_for_subscriber(const std::string& cause, subscriber::Scope scope, const std::string& part);
/// What the abuse desk should tell the subscriber.
std::string advice(const std::string& cause);

} // namespace lazaret::respond
