#include "store/shards.hpp"

#include "store/engine_rows.hpp"

#include <algorithm>

namespace lazaret::store {
namespace {

/// A class of ours among PostgreSQL's advisory locks with two keys: "lzrt". The second key is the shard, or this:
constexpr std::int32_t lock_class = 0x6c7a7274, presence = 255; // held shared by every engine

const char* const locks = "FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = $1 AND"
                          " database = (SELECT oid FROM pg_database WHERE datname = current_database())";

std::set<int> locks_held(pqxx::work& tx) {
    std::set<int> held;
    for (const auto& row : tx.exec_params(std::string("SELECT objid::bigint ") + locks + " AND pid = pg_backend_pid()", lock_class))
        held.insert(row[0].as<int>());
    return held;
}

int engines_present(pqxx::work& tx) {
    return tx.exec_params1(std::string("SELECT count(DISTINCT pid) ") + locks + " AND objid::bigint = $2", lock_class, presence)[0]
        .as<int>();
}

bool try_lock(pqxx::work& tx, int shard) {
    return tx.exec_params1("SELECT pg_try_advisory_lock($1, $2)", lock_class, shard)[0].as<bool>();
}

} // namespace

std::string int_array(const std::set<int>& numbers) {
    std::string array = "{";
    for (const int number : numbers)
        array += (array.size() > 1 ? "," : "") + std::to_string(number);
    return array + "}";
}

Shards all_shards() {
    Shards all;
    for (int shard = 0; shard < shard_count; ++shard)
        all.insert(shard);
    return all;
}

Result<Shards> share_shards(Database& guard, const std::string& engine, const Shards& owned) {
    return run(guard, "share the work with other engines", [&](pqxx::work& tx) {
        auto held = locks_held(tx);
        const bool is_present = held.erase(presence) > 0;
        if (!is_present || !std::includes(held.begin(), held.end(), owned.begin(), owned.end())) {
            if (!owned.empty()) throw std::runtime_error("the connection that held this engine's shards was lost");
            tx.exec_params1("SELECT pg_advisory_lock_shared($1, $2)", lock_class, presence);
        }
        const int engines = std::max(engines_present(tx), 1);
        const auto fair = static_cast<std::size_t>((shard_count + engines - 1) / engines);
        while (held.size() > fair) {
            const int last = *held.rbegin();
            tx.exec_params1("SELECT pg_advisory_unlock($1, $2)", lock_class, last);
            held.erase(last);
        }
        for (int shard = 0; shard < shard_count && held.size() < fair; ++shard)
            if (!held.contains(shard) && try_lock(tx, shard)) held.insert(shard);
        tx.exec_params("UPDATE engine_shard SET owner = $1 WHERE shard = ANY ($2::smallint[]) AND owner <> $1", engine,
                       int_array(held));
        return held;
    });
}

void require_shards(pqxx::work& tx, const std::string& engine, const Shards& shards) {
    const auto rows = tx.exec_params("SELECT shard FROM engine_shard WHERE shard = ANY ($1::smallint[]) AND owner = $2 FOR SHARE",
                                     int_array(shards), engine);
    if (static_cast<std::size_t>(rows.size()) != shards.size()) throw std::runtime_error("another engine has taken over");
}

Result<Cursors> load_cursors(Database& database) {
    return run(database, "load the engine's cursors", [](pqxx::work& tx) {
        Cursors cursors;
        for (const auto& row : tx.exec("SELECT node, shard, sequence FROM engine_cursor"))
            cursors[row[0].c_str()][row[1].as<int>()] = static_cast<std::uint64_t>(row[2].as<std::int64_t>());
        return cursors;
    });
}

void move_cursors(pqxx::work& tx, const std::string& node, const Shards& shards, std::uint64_t after, std::uint64_t upto) {
    const auto numbers = int_array(shards);
    tx.exec_params("INSERT INTO engine_cursor (node, shard, sequence) SELECT $1, unnest($2::smallint[]), 0 ON CONFLICT DO NOTHING", node,
                   numbers);
    const auto moved = tx.exec_params("UPDATE engine_cursor SET sequence = $3 WHERE node = $1 AND shard = ANY ($2::smallint[])"
                                      " AND sequence = $4",
                                      node, numbers, static_cast<std::int64_t>(upto), static_cast<std::int64_t>(after));
    if (static_cast<std::size_t>(moved.affected_rows()) != shards.size())
        throw std::runtime_error("the cursor of node " + node + " is elsewhere");
}

} // namespace lazaret::store
