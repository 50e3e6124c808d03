#pragma once
// Inside libs/store only: confinements as part of a larger transaction.

#include "store/quarantine.hpp"
#include "store/transaction.hpp"

namespace lazaret::store {

/// The columns that read_quarantine_row expects, for SELECT and RETURNING.
extern const char* const quarantine_columns;
QuarantineRecord read_quarantine_row(const pqxx::row& row);
/// Adds one with a fresh token; throws on a database error.
QuarantineRecord insert_quarantine(pqxx::work& tx, const NewQuarantine& what);

} // namespace lazaret::store
