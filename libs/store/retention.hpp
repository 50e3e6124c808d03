#pragma once
// What goes when its time is over, in small pieces.

#include "core/time.hpp"
#include "store/database.hpp"

#include <cstddef>

namespace lazaret::store {

/// The oldest day of events that is over before `before` (UTC) goes as a whole, and of those that are in no day, for their clock was
/// wrong, `limit` at most. True when something went. Somebody who reads them keeps them for now.
Result<bool> remove_events(Database& database, Time before, std::size_t limit);
/// Tickets that were delivered, or given up, before that.
Result<bool> remove_notices(Database& database, Time before, std::size_t limit);
/// What the engine remembers of subscribers and parts of which it has heard nothing since.
Result<bool> remove_states(Database& database, Time before, std::size_t limit);

} // namespace lazaret::store
