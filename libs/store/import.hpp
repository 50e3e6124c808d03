#pragma once
// Subscribers and networks from CSV files (csv.hpp). All or nothing: one bad line, and nothing changes.

#include "store/database.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>

namespace lazaret::store {

struct ImportFiles {
    /// Columns subscriber,login,password,plan,class. A subscriber may have several lines, one per login, and
    /// one without login and password when only its networks name it. A password may be a verifier already,
    /// or a hash from elsewhere (auth::Verifier::import); hashing a plain one costs milliseconds.
    std::filesystem::path subscribers;
    /// Columns cidr,class,relay,subscriber,plan; relay is yes or no; subscriber and plan may be empty.
    std::filesystem::path networks;
};

struct ImportCounts {
    std::size_t lines = 0;   ///< data lines in the file
    std::size_t added = 0;   ///< new subscribers (or networks)
    std::size_t changed = 0; ///< existing ones that are different now
};
struct ImportSummary {
    ImportCounts subscribers, networks;
    std::size_t logins = 0; ///< logins whose password was written
    std::size_t logins_without_scram = 0; ///< of these: hashes from elsewhere, which PLAIN and LOGIN alone can check
};

/// Called now and then with how many of how many passwords are hashed, on the calling thread.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// Either path may be empty. Adds and changes, never deletes. Errors of files name "FILE:LINE: what, expected
/// what", at most 20, each on a line of the message. With `dry_run` everything is done and rolled back.
Result<ImportSummary> import_files(Database& database, const ImportFiles& files, bool dry_run = false,
                                   const Progress& progress = {});

} // namespace lazaret::store
