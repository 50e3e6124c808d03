#pragma once
// Confinements: added by the engine and by people, released by people, never deleted. The table is its own
// history.

#include "store/database.hpp"
#include "subscriber/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

struct NewQuarantine {
    std::string subscriber;
    subscriber::Level level = subscriber::Level::block;
    subscriber::Scope scope = subscriber::Scope::everything;
    std::string part;   ///< the login in lower case or the address, where the scope names one
    std::string reason; ///< one sentence for the subscriber
    std::string cause;  ///< machine word of the incident, "" by hand
    std::string author;
    std::optional<std::int64_t> incident;
    std::optional<Duration> length; ///< nullopt = until released
};

struct QuarantineRecord {
    subscriber::Quarantine quarantine;
    std::optional<std::int64_t> incident;
    std::optional<Time> released_at;
    std::string released_by, release_reason; ///< "" while not released
    bool active(Time at) const { return !released_at && (!quarantine.expiry || *quarantine.expiry > at); }
};

/// The active ones, for the snapshot.
Result<std::vector<subscriber::Quarantine>> load_quarantine(Database& database);

/// Submission nodes know it within a second of this call's return. A transaction of another file of
/// libs/store can add one with insert_quarantine (quarantine_rows.hpp).
Result<QuarantineRecord> add_quarantine(Database& database, const NewQuarantine& what);
/// What was released; empty when nothing active had this id or subscriber.
Result<std::vector<QuarantineRecord>> release_quarantine(Database& database, std::int64_t id,
                                                         const std::string& by, const std::string& reason);
Result<std::vector<QuarantineRecord>> release_subscriber(Database& database, const std::string& subscriber,
                                                         const std::string& by, const std::string& reason);

struct QuarantineFilter {
    std::string subscriber; ///< "" = all
    bool active_only = true;
    std::size_t limit = 1000;
};
/// Newest first.
Result<std::vector<QuarantineRecord>> list_quarantine(Database& database, const QuarantineFilter& filter);
Result<std::optional<QuarantineRecord>> find_quarantine(Database& database, std::int64_t id);
/// By the token that a refused subscriber reads out of the reply's URL.
Result<std::optional<QuarantineRecord>> find_quarantine_token(Database& database, const std::string& token);

} // namespace lazaret::store
