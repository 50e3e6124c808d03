#pragma once
// Texts made from the table of options.

#include <string>

namespace lazaret::config {

std::string example();   ///< deploy/config/lazaret.toml: every option with its comment; a valid configuration
std::string reference(); ///< docs/reference/configuration.md

} // namespace lazaret::config
