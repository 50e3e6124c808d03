#pragma once
// Points of time as an administrator types them.
#include "core/time.hpp"

#include <string>

namespace lazaret::cli {

/// "12h" means so long ago; or RFC 3339. Failure (usage) names the option.
Time parse_since(const std::string& text, const std::string& option);

} // namespace lazaret::cli
