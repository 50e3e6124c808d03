#include "cli/context.hpp"

#include "config/load.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace lazaret::cli {

const config::Config& Context::configuration() {
    if (!config_) {
        auto loaded = config::load(config_file, overrides);
        if (!loaded) throw Failure(Status::config, loaded.error().to_string());
        config_ = std::move(*loaded);
    }
    return *config_;
}

store::DatabaseSettings Context::database_settings(const std::string& role) {
    store::DatabaseSettings settings;
    settings.connection = configuration().database.connection;
    settings.role = role;
    settings.application = "lazaret";
    settings.connect_timeout = configuration().database.connect_timeout;
    return settings;
}

store::Database& Context::database() {
    if (!database_) {
        database_.emplace(database_settings(configuration().database.cli_role));
        value_or_fail(database_->connect());
    }
    return *database_;
}

std::string operator_name() {
    const char* sudo = std::getenv("SUDO_USER");
    if (sudo && *sudo && getuid() == 0) return sudo;
    if (const passwd* user = getpwuid(getuid())) return user->pw_name;
    return "uid " + std::to_string(getuid());
}

} // namespace lazaret::cli
