#pragma once
// An incident's evidence in lines that one can read aloud.

#include "store/incidents.hpp"

#include <string>
#include <vector>

namespace lazaret::cli {

/// "+6.1  rejected content: gtube (14 times)", heaviest first.
std::vector<std::string> evidence_lines(const store::IncidentRecord& incident);

} // namespace lazaret::cli
