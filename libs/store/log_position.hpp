#pragma once
// Where the reading of a Postfix log stands, and what still waits for its result. Position, events and
// waiting entries change in one transaction: a line counts exactly once whatever is killed when.

#include "core/ids.hpp"
#include "core/time.hpp"
#include "event/event.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

struct LogPosition {
    std::uint64_t inode = 0, offset = 0; ///< in a file
    std::string cursor;                  ///< in the journal: systemd's name of the last entry read, "" for none
    std::uint64_t sequence = 0; ///< last event sequence given out for this log

    bool operator==(const LogPosition&) const = default;
};
/// nullopt: this log was never read.
Result<std::optional<LogPosition>> load_log_position(Database& database, const std::string& log);

/// A message in Postfix's queue that we relayed and whose results are not all known.
struct PendingDelivery {
    std::int64_t id = 0; ///< 0 = not saved yet
    TraceId trace;
    Time seen_at{};
    std::string result; ///< JSON, the reader's business
};
Result<std::vector<PendingDelivery>> load_pending(Database& database, const std::string& log);

struct LogBatch {
    std::string log;                   ///< its name among all nodes' logs
    std::string node;                  ///< of the events
    std::optional<LogPosition> before; ///< as loaded or last committed
    LogPosition position;
    std::vector<event::Event> events; ///< sequences before.sequence + 1 to position.sequence
    std::vector<PendingDelivery> add;
    std::vector<std::int64_t> remove;
};
/// Ids of what was added, in order. A non-transient Error when the position is not `before`: somebody else
/// reads it too.
Result<std::vector<std::int64_t>> commit_log(Database& database, const LogBatch& batch);

/// Who sent what: from message_relayed events. Traces that have not arrived yet are missing in the answer.
struct Origin {
    std::string subscriber, account;
    IpAddress client;
    Time at{}; ///< when it was relayed
};
Result<std::map<TraceId, Origin>> find_origins(Database& database, const std::vector<TraceId>& traces,
                                               Time since);

} // namespace lazaret::store
