#pragma once
// The second half of loading: defaults that depend on others, and checks across options and of the files they name.

#include "config/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace lazaret::config {

/// Fills in what the file left open: names from the machine, folders below node.state_dir, threads.
void fill_in(Config& config);

/// Something wrong between options. The place shown is that of `option` or, where that has its default, of
/// `other`; both "" means the file as a whole.
struct Conflict {
    std::string option, message, other;
    std::filesystem::path file = {}; ///< that the option names, where it is at fault
};
/// All of them in one sentence.
std::string to_string(const std::vector<Conflict>& conflicts);

std::vector<Conflict> conflicts(const Config& config);

} // namespace lazaret::config
