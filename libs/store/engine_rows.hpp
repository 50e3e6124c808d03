#pragma once
// Inside libs/store only: the parts of the engine's transaction. All throw, on a database error and where the
// sentence says.

#include "store/engine_state.hpp"
#include "store/transaction.hpp"

#include <set>

namespace lazaret::store {

std::string int_array(const std::set<int>& numbers); ///< as an array parameter
/// Throws when one of them is not this engine's (any more).
void require_shards(pqxx::work& tx, const std::string& engine, const Shards& shards);
/// Throws when one of the cursors is not at `after`.
void move_cursors(pqxx::work& tx, const std::string& node, const Shards& shards, std::uint64_t after, std::uint64_t upto);
void save_states(pqxx::work& tx, const std::vector<SavedState>& states);

} // namespace lazaret::store
