#pragma once
// Files that are read whole.

#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace lazaret {

/// Errors as "FILE: what is wrong": it cannot be read, or holds more than `most` octets.
Result<std::string> read_file(const std::filesystem::path& file, std::uint64_t most);

} // namespace lazaret
