#pragma once
// What every subcommand shares: the global options, the configuration, the database, and how a command fails.

#include "config/config.hpp"
#include "core/result.hpp"
#include "store/database.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lazaret::cli {

enum class Status {
    ok = 0,
    failed = 1,
    usage = 2,
    unavailable = 69,
    not_permitted = 77,
    config = 78
}; ///< the last three as in sysexits.h

/// Ends the command: main prints "lazaret: MESSAGE" on stderr and exits with the status.
struct Failure : std::runtime_error {
    Status status;
    Failure(Status s, const std::string& message) : std::runtime_error(message), status(s) {}
};

/// The value, or a Failure: status unavailable for a transient error.
template <class T> T value_or_fail(Result<T> result) {
    if (!result)
        throw Failure(result.error().transient ? Status::unavailable : Status::failed,
                      result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class Context {
  public:
    std::string config_file;
    std::vector<std::string> overrides; ///< of --set
    bool json = false;

    /// Read when first asked for. Failure with all errors of the file, one per line.
    const config::Config& configuration();
    /// Connected as the CLI's role when first asked for.
    store::Database& database();
    store::DatabaseSettings database_settings(const std::string& role);

  private:
    std::optional<config::Config> config_;
    std::optional<store::Database> database_;
};

/// Who is at the keyboard: the user behind sudo, or else the real user's name.
std::string operator_name();

} // namespace lazaret::cli
