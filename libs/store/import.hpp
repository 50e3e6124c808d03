#pragma once
// Subscribers and networks from CSV files (csv.hpp). All or nothing: a file with one bad line changes
// nothing.

#include "store/database.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>

namespace lazaret::store {

struct ImportSummary {
    std::size_t lines = 0;    ///< data lines in the file
    std::size_t added = 0;    ///< new subscribers (or networks)
    std::size_t changed = 0;  ///< existing ones whose plan, class, relay or subscriber is another now
    std::size_t accounts = 0; ///< logins written, of subscribers only
};

/// Called now and then with how many of how many passwords are hashed; from the calling thread.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Columns subscriber,login,password,plan,class. Adds and changes, never deletes. A subscriber may have
/// several lines, one per login. Errors name "FILE:LINE: what, expected what", at most 20, one per line of
/// the message.
Result<ImportSummary> import_subscribers(Database& database, const std::filesystem::path& file,
                                         const Progress& progress = {});
/// Columns cidr,class,relay,subscriber,plan; relay is yes or no; subscriber and plan may be empty.
Result<ImportSummary> import_networks(Database& database, const std::filesystem::path& file);

} // namespace lazaret::store
