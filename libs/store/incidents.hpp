#pragma once
// Incidents: one per cause and subscriber is open at a time, and one per campaign of them all; what the engine
// concluded, why, and what came of it.

#include "core/time.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

struct IncidentRecord {
    std::int64_t id = 0;
    std::string subscriber;           ///< the first one
    std::vector<std::string> members; ///< all of them, as they came; at most 200
    std::size_t member_count = 1;
    std::string cause; ///< "bot"
    bool is_open = true;
    Time opened_at{}, updated_at{};
    std::optional<Time> closed_at;
    double score = 0, threshold = 0; ///< nats
    std::string summary;             ///< one sentence
    std::string evidence;            ///< JSON: [{"kind","llr","count","reason"}], largest first
    std::optional<Time> first_event;
    std::string ticket; ///< id in the ticket system, "" = none known
};

struct IncidentFilter {
    std::string subscriber; ///< among its members; "" = all
    bool open_only = true;
    std::size_t limit = 100;
};
/// Newest first.
Result<std::vector<IncidentRecord>> list_incidents(Database& database, const IncidentFilter& filter);
Result<std::optional<IncidentRecord>> find_incident(Database& database, std::int64_t id);

/// What speaks against each of an incident's subscribers.
struct IncidentMember {
    std::string subscriber, summary;
    std::string evidence; ///< as IncidentRecord's
    Time joined_at{};
    double score = 0;
};
Result<std::vector<IncidentMember>> list_members(Database& database, std::int64_t incident, std::size_t limit);
Result<std::optional<IncidentMember>> find_member(Database& database, std::int64_t incident, const std::string& subscriber);

} // namespace lazaret::store
