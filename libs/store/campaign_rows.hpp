#pragma once
// Inside libs/store only: campaigns as part of the engine's transaction.

#include "store/engine_campaigns.hpp"
#include "store/transaction.hpp"

namespace lazaret::store {

/// Adds to what is there; `failed` and `results` are the increase. Returns what is there then. Throws on a database error.
std::vector<CampaignRow> add_to_campaigns(pqxx::work& tx, std::vector<CampaignRow> changes);

} // namespace lazaret::store
