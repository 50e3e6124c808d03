#pragma once
// Inside libs/store only: the parts of the engine's transaction. All throw, on a database error and where the
// sentence says.

#include "store/engine_state.hpp"
#include "store/transaction.hpp"

namespace lazaret::store {

void require_term(pqxx::work& tx, std::int64_t term); ///< throws when the term is over
/// Throws when the cursor is not at `after`.
void move_cursor(pqxx::work& tx, const std::string& node, std::uint64_t after, std::uint64_t upto);
void save_states(pqxx::work& tx, const std::vector<SavedState>& states);

} // namespace lazaret::store
