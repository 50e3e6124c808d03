#pragma once
// The outbox: messages to the ticket system, written in the transaction that changed the incident and
// delivered at least once, in order within an incident.

#include "core/time.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

struct OutboxMessage {
    std::int64_t id = 0;
    std::string webhook_id; ///< the receiver's idempotency key: the same on every attempt
    std::int64_t incident = 0;
    std::string type; ///< "incident.opened", "incident.updated", "incident.closed"
    std::string body; ///< JSON
    Time created_at{};
    int attempts = 0; ///< with this one
};

/// Takes what is due for `lease`: if neither outcome is reported until then, it becomes due again. Several
/// workers may call at once. A later message of an incident waits for the earlier one.
Result<std::vector<OutboxMessage>> claim_outbox(Database& database, std::size_t limit, Duration lease);
/// `ticket`: the number that the ticket system gave, kept with the incident; "" when it gave none.
Result<void> outbox_delivered(Database& database, std::int64_t id, const std::string& ticket = {});
Result<void> outbox_failed(Database& database, std::int64_t id, const std::string& error, Duration wait);
/// Given up: stays in the table for people to look at and to replay.
Result<void> outbox_dead(Database& database, std::int64_t id, const std::string& error);

struct OutboxDepth {
    std::uint64_t pending = 0;
    double oldest_seconds = 0; ///< age of the oldest pending one
    std::optional<double>
        due_in_seconds; ///< until the next attempt, 0 when due; empty when nothing is pending
};
Result<OutboxDepth> outbox_depth(Database& database);

} // namespace lazaret::store
