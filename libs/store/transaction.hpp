#pragma once
// Inside libs/store only: the bridge to libpqxx, so that no header that others include needs it.
//
//     return run(database, "count events", [&](pqxx::work& tx) -> std::int64_t { ... });
//
// The body returns T or Result<T> and may throw; run() gives Result<T>. It commits when the body returned a
// value and rolls back on an Error or exception.

#include "store/database.hpp"

#include <pqxx/pqxx>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace lazaret::store {

struct Database::Connection {
    pqxx::connection session;
    explicit Connection(const std::string& options) : session(options) {}
};

/// What run() does, without the types. `name` says in an error what was tried: "load the directory".
Result<void> transact(Database& database, const char* name,
                      const std::function<Result<void>(pqxx::work&)>& body);

namespace detail {
template <class T> struct Unwrap { using Type = T; };
template <class T> struct Unwrap<Result<T>> { using Type = T; };
} // namespace detail

template <class Body> auto run(Database& database, const char* name, Body&& body) {
    using Returned = std::invoke_result_t<Body&, pqxx::work&>;
    using Value = typename detail::Unwrap<Returned>::Type;
    if constexpr (std::is_void_v<Value>) {
        return transact(database, name, [&](pqxx::work& tx) -> Result<void> {
            if constexpr (std::is_void_v<Returned>) {
                body(tx);
                return {};
            } else {
                return body(tx);
            }
        });
    } else {
        std::optional<Value> value;
        Result<void> done = transact(database, name, [&](pqxx::work& tx) -> Result<void> {
            Returned returned = body(tx);
            if constexpr (!std::is_same_v<Returned, Value>) {
                if (!returned) return returned.error();
                value.emplace(std::move(*returned));
            } else {
                value.emplace(std::move(returned));
            }
            return {};
        });
        if (!done) return Result<Value>(done.error());
        return Result<Value>(std::move(*value));
    }
}

// Times cross as RFC 3339 text: pass sql_time(t) for a timestamptz parameter, select sql_time_column("at")
// style expressions and read them with read_time.
std::string sql_time(Time at);
std::optional<std::string> sql_time(const std::optional<Time>& at);
/// A timestamptz column as PostgreSQL prints it in UTC. Throws std::runtime_error on anything else.
Time read_time(const pqxx::field& field);
std::optional<Time> read_optional_time(const pqxx::field& field);
inline std::string read_text(const pqxx::field& field) {
    return field.is_null() ? std::string() : field.c_str();
}
/// nullopt for "": a text column that is NULL where the value is unknown.
std::optional<std::string> null_if_empty(const std::string& text);
/// Hashes are unsigned 64 bits here and bigint there: same bits.
inline std::int64_t sql_hash(std::uint64_t hash) {
    return static_cast<std::int64_t>(hash);
}

} // namespace lazaret::store
