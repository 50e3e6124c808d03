#pragma once
// What is kept of refused, discarded and diverted messages, in PostgreSQL: for tickets and people, and for a time only.

#include "core/time.hpp"
#include "event/event.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lazaret::store {

/// With what the event says of the message, as long as there is that event.
struct ExhibitRecord {
    std::string node, trace, subscriber;
    Time at{};
    event::Exhibit exhibit;
    event::Type type = event::Type::message_refused;
    int reply_code = 0;
    std::string reason;
    std::vector<std::string> findings;
};

struct ExhibitFilter {
    std::string subscriber; ///< "" = all
    std::string trace;      ///< "" = all
    std::size_t limit = 10;
    bool with_original = false; ///< else exhibit.original is ""
};
/// Newest first.
Result<std::vector<ExhibitRecord>> list_exhibits(Database& database, const ExhibitFilter& filter);

/// Removes the oldest of those from before `before`, `limit` at most; how many.
Result<std::uint64_t> remove_exhibits(Database& database, Time before, std::size_t limit);

} // namespace lazaret::store
