#pragma once
// Plans, subscribers, accounts and networks: read for the snapshot, listed for the administrator.

#include "store/database.hpp"
#include "subscriber/snapshot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace lazaret::store {

/// Everything submission needs, from one consistent view. Needs a role that may read verifiers (submission,
/// owner).
Result<subscriber::Directory::Rows> load_directory(Database& database);

/// A subscriber as the administrator sees it: without verifiers.
struct SubscriberView {
    subscriber::Subscriber subscriber;
    std::vector<std::string> logins;
    std::vector<subscriber::Network> networks;
    Time created_at{};
};
struct SubscriberFilter {
    std::string text;  ///< part of the id or of a login; "" = all
    std::string after; ///< ids beyond this one: paging
    std::size_t limit = 100;
};
/// By id. Networks are left out in a list.
Result<std::vector<SubscriberView>> list_subscribers(Database& database, const SubscriberFilter& filter);
/// By id, else by login, else by the most specific network that holds the address written in `name`; nullopt
/// when unknown.
Result<std::optional<SubscriberView>> find_subscriber(Database& database, const std::string& name);
Result<std::vector<subscriber::Network>> list_networks(Database& database);
Result<std::optional<subscriber::Plan>> find_plan(Database& database, const std::string& name);

} // namespace lazaret::store
