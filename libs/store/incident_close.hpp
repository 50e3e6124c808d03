#pragma once
// A person ends an incident; the engine's own closing is in engine_state.hpp.

#include "store/engine_state.hpp"

namespace lazaret::store {

/// Closes it, releases the confinements that it led to and, with `notice`, tells the ticket system: one
/// transaction. nullopt when there is no such open incident.
Result<std::optional<Outcome>> close_incident(Database& database, std::int64_t id, const std::string& by,
                                              const std::string& reason, const MakeNotice& notice);

} // namespace lazaret::store
