#pragma once
// Inside libs/store only: outbox messages as part of the transaction that gives cause for them.

#include "store/transaction.hpp"

#include <cstdint>
#include <string>

namespace lazaret::store {

/// Throws on a database error. `body` is JSON; `asks_human`: it speaks for all incidents beyond the hour's confinements.
void insert_outbox(pqxx::work& tx, const std::string& webhook_id, std::int64_t incident,
                   const std::string& type, const std::string& body, bool asks_human = false);

} // namespace lazaret::store
