#pragma once
// Inside libs/store only: incidents as part of a larger transaction.

#include "store/incidents.hpp"
#include "store/transaction.hpp"

namespace lazaret::store {

extern const char* const incident_columns; ///< for SELECT and RETURNING
IncidentRecord read_incident_row(const pqxx::row& row);

} // namespace lazaret::store
