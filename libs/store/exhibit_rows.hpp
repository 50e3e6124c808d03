#pragma once
// Inside libs/store only: exhibits as part of a larger transaction. Throw on a database error.

#include "store/exhibits.hpp"
#include "store/transaction.hpp"

namespace lazaret::store {

/// Those of the events that have one; a row that exists stays as it is.
void insert_exhibits(pqxx::work& tx, const std::string& node, const std::vector<event::Event>& events);
std::vector<ExhibitRecord> find_exhibits(pqxx::work& tx, const ExhibitFilter& filter);

} // namespace lazaret::store
