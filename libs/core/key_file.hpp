#pragma once
// A secret key on disk: made once, read ever after.

#include "core/result.hpp"

#include <filesystem>
#include <string>

namespace lazaret {

/// The key's 32 octets. A missing file is made (mode 0640, its folder must exist), and the name appears only once the key
/// is whole, so that two programs that start together end with the same key. Errors name the file: unreadable, or not 64
/// hex characters.
Result<std::string> load_or_make_key(const std::filesystem::path& file);

} // namespace lazaret
