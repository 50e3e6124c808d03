#pragma once
// How engines on one database share the work: each subscriber belongs to a shard by hash (shard_of() in SQL), each shard to
// the engine that holds its advisory lock. An engine that dies loses its locks with its connection, and the others take
// them; who comes takes its part from those that have more. The owner's name stands in engine_shard and is asked for in
// every transaction of the engine, so that one which has not noticed its loss yet changes nothing.

#include "store/database.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace lazaret::store {

inline constexpr int shard_count = 16;
using Shards = std::set<int>;
Shards all_shards();

/// One step towards a fair share: gives away what is too much, takes what is free. `engine` is a name of this process alone,
/// `guard` a connection used for nothing else, `owned` what the last call said; {} begins anew. What is given away is not
/// to be touched any more. An Error when the connection was lost, and the locks with it.
Result<Shards> share_shards(Database& guard, const std::string& engine, const Shards& owned);

/// Last sequence taken over, by node and shard; none is 0.
using Cursors = std::map<std::string, std::map<int, std::uint64_t>>;
Result<Cursors> load_cursors(Database& database);

} // namespace lazaret::store
