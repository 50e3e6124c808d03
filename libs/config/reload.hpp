#pragma once
// What SIGHUP may change: options declared Change::on_reload take effect, the rest waits for a restart.

#include "config/config.hpp"

#include <string>
#include <vector>

namespace lazaret::config {

/// Names ("section.key") of options whose values differ and that only a restart can change.
std::vector<std::string> changed_but_not_reloadable(const Config& running, const Config& fresh);

/// `running` with the reloadable options of `fresh`: what the program goes on with.
Config reloaded(const Config& running, const Config& fresh);

} // namespace lazaret::config
