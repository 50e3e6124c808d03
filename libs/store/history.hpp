#pragma once
// The past as one stream: what every node and every log told, in the order of time, for looking back over days. However much it
// is, memory stays bounded: a cursor on the server, one page and one transaction for each day at a time.

#include "event/event.hpp"
#include "store/database.hpp"
#include "subscriber/model.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace lazaret::store {

struct HistoryFilter {
    Time since{}, until{};  ///< until is exclusive
    std::string subscriber; ///< "" = all
};

/// One page; an Error ends the reading and comes out of it. `database` is busy meanwhile: what has to be asked needs another one.
using TakeEvents = std::function<Result<void>(const std::vector<event::Event>& page)>;

/// Every event of that time, by `at`, then node and sequence. Rows that cannot be read are told in the log and skipped. The server
/// sorts one day at a time: the settings' statement_timeout has to allow that.
Result<void> read_history(Database& database, const HistoryFilter& filter, const TakeEvents& take);

/// Whether delivery results were recorded in that time, so that a message without one is one that still waits.
Result<bool> has_delivery_results(Database& database, Time since, Time until);

/// What the engine knows of a subscriber beside its mail, as it stands now.
struct Standing {
    subscriber::Class klass = subscriber::Class::dynamic; ///< of an id "addr:ADDRESS" its network's
    bool is_protected = false;
};
/// Those that are in the directory, and addresses; others are missing in the answer.
Result<std::map<std::string, Standing>> find_standings(Database& database, const std::vector<std::string>& ids);

} // namespace lazaret::store
