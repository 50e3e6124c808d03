#pragma once
// The rules' file as it was written, before anything is compiled.

#include "scan/rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lazaret::scan {

struct WrittenRule {
    Rule rule;
    std::uint32_t line = 0, column = 0; ///< of the pattern, from 1
};

inline constexpr std::size_t max_file_size = 16 * 1024 * 1024, max_rules = 100'000, max_pattern = 4096;

/// All that can be told without compiling a pattern; the first error ends it.
Result<std::vector<WrittenRule>> read_rules(std::string_view toml, std::string_view file_name);

/// "file:line:column: message"
Error at_place(std::string_view file_name, std::uint32_t line, std::uint32_t column,
               std::string_view message);

} // namespace lazaret::scan
