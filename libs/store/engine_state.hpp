#pragma once
// The engine's memory in PostgreSQL, and the one transaction in which a batch of events becomes cursor,
// states, incidents, confinements and outbox messages: all of it or nothing, so that each event changes the
// state exactly once.

#include "core/time.hpp"
#include "store/database.hpp"
#include "store/engine_campaigns.hpp"
#include "store/exhibits.hpp"
#include "store/incidents.hpp"
#include "store/shards.hpp"
#include "subscriber/model.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

/// What the engine wants to know of a subscriber when it meets it.
struct EngineSubject {
    std::string subscriber;
    std::string state; ///< JSON as saved, "" = never seen
    subscriber::Class klass = subscriber::Class::dynamic;
    bool is_protected = false;
};
/// One for each id asked for, in any order. The class of an id "addr:ADDRESS" is its network's.
Result<std::vector<EngineSubject>> load_subjects(Database& database, const std::vector<std::string>& ids);

struct SavedState {
    std::string subscriber;
    std::string state; ///< JSON
    Time at{};
};

/// A conviction, to become an incident or to update the open one.
struct Conviction {
    std::string subscriber, cause, summary;
    std::string evidence; ///< JSON array
    std::uint64_t campaign = 0;       ///< similarity hash of the text that went to strangers; 0 = none
    std::vector<std::uint64_t> names; ///< in its messages to strangers, by key; a few
    bool joins = false;               ///< others send the same: one incident of all of them, where one is open
    std::uint64_t shared_name = 0;    ///< by which it joins; 0: by the text
    std::string shared = "text";      ///< what it shares with others, in words
    double score = 0, threshold = 0;
    Time at{};
    std::optional<Time> first_event;
    bool confine = false;             ///< a confinement is wanted; see Guard
    subscriber::Scope scope = subscriber::Scope::everything; ///< of the confinement
    std::string part;                 ///< login or address that the scope names
    std::string reason;               ///< for the subscriber, when confined
    std::vector<std::string> samples; ///< trace ids, for the notice
};

/// Why a conviction did not lead to a new confinement.
enum class Guard { none, not_wanted, already_confined, too_many };

/// What came of a conviction. `quarantine` is the new or the active confinement.
struct Outcome {
    IncidentRecord incident;
    bool opened = false;   ///< else updated
    bool first_told = false; ///< no ticket has named this incident yet
    bool joined = false;   ///< updated: by a subscriber that it did not name yet
    std::string subscriber; ///< that this is about; incident.subscriber is the first one
    bool confined = false; ///< by this transaction
    Guard guard = Guard::none;
    std::optional<subscriber::Quarantine> quarantine;
    std::vector<std::string> samples;
    std::vector<ExhibitRecord> exhibits; ///< the subscriber's newest ones, where a ticket is written
};

/// The message to the ticket system about an outcome; made inside the transaction because it names the
/// incident.
struct Notice {
    std::string webhook_id, type, body;
};
using MakeNotice = std::function<Notice(const Outcome&)>;

struct EngineBatch {
    std::string engine; ///< as in share_shards()
    std::string node;
    Shards shards;                     ///< that the events belong to
    std::uint64_t after = 0, upto = 0; ///< cursor before and after
    std::vector<SavedState> states;
    std::vector<CampaignRow> campaigns; ///< `failed` and `results` are the increase
    std::vector<Conviction> convictions; ///< of each subscriber at most one about each part of its mail
};

struct Response {
    Duration confine_for{};
    std::uint32_t max_confinements_per_hour = 100;
    Duration update_interval =
        std::chrono::minutes(5); ///< at least so long between two tickets of an incident
    MakeNotice notice;           ///< empty: no ticket system
};

struct Committed {
    std::vector<Outcome> outcomes;
    std::vector<CampaignRow> campaigns; ///< those of the batch, all engines together
};
/// Error that is not transient when a shard has another owner or the cursor is elsewhere: forget everything and begin
/// anew.
Result<Committed> commit_batch(Database& database, const EngineBatch& batch, const Response& response);

/// Closes incidents whose confinements have ended (released or expired), and those without one that have been
/// quiet for `quiet`. For the owner of shard 0.
Result<std::vector<Outcome>> close_incidents(Database& database, const std::string& engine, Duration quiet,
                                             const MakeNotice& notice);

/// The saved state of one subscriber as JSON, for `explain`; nullopt when the engine never met it.
Result<std::optional<SavedState>> load_state(Database& database, const std::string& subscriber);

} // namespace lazaret::store
