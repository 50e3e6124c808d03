#pragma once
// Whom the administrator means: a subscriber by name, by login or by address.

#include "store/database.hpp"

#include <string>

namespace lazaret::cli {

/// The subscriber's id; "addr:ADDRESS" for an address that belongs to no subscriber and counts for itself.
/// Failure when the name is unknown: a typing error must not look like a confinement.
std::string resolve_subscriber(store::Database& database, const std::string& name);
/// The same, but a name that is unknown stays as it is: a subscriber that is gone may still have a history.
std::string resolve_confined(store::Database& database, const std::string& name);

} // namespace lazaret::cli
