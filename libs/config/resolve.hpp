#pragma once
// The second half of loading: defaults that depend on others, and checks across options.

#include "config/config.hpp"

#include <string>
#include <vector>

namespace lazaret::config {

/// Fills in what the file left open: names from the machine, folders below node.state_dir, threads.
void fill_in(Config& config);

/// Something wrong between options. The place shown is that of `option` or, where that has its default, of
/// `other`; both "" means the file as a whole.
struct Conflict {
    std::string option, message, other;
};
std::vector<Conflict> conflicts(const Config& config);

} // namespace lazaret::config
