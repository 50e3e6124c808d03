#pragma once
// Reading the configuration file. Everything that is wrong is reported at once, each with its place, what was
// found and what was expected; a program that gets errors prints them and ends with status 78 (EX_CONFIG).

#include "config/config.hpp"
#include "config/resolve.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::config {

/// One thing that is wrong. Line and column count from 1; 0 means the file as a whole or an override.
struct ConfigError {
    std::string file; ///< or "--set SECTION.KEY" for an override
    std::uint32_t line = 0, column = 0;
    std::string message;

    std::string to_string() const; ///< "lazaret.toml:12:9: server.threads: found ..."
    bool operator==(const ConfigError&) const = default;
};

/// In the order of the file; never empty, at most 100.
struct Errors {
    std::vector<ConfigError> list;
    std::string to_string() const; ///< one per line, without a line end at the end
};

[[noreturn]] void throw_exception_from_error(const Errors& errors, const boost::source_location&);

using Loaded = boost::system::result<Config, Errors>;

/// What those find wrong who use the configuration: files that it names and that cannot be used. Asked when nothing else is
/// wrong; each is reported at the option's place.
using Further = std::function<std::vector<Conflict>(const Config&)>;

/// Reads the file, then applies the overrides ("SECTION.KEY=VALUE", without quotes around VALUE, lists
/// separated by commas) with the same checks, then fills in the defaults that depend on others. Relative
/// paths start at the folder of the file. Files beyond 1 MiB are refused.
Loaded load(const std::filesystem::path& file, const std::vector<std::string>& overrides = {}, const Further& further = {});

/// The same on text that is already there; `file` is for messages and relative paths.
Loaded parse(std::string_view text, const std::filesystem::path& file,
             const std::vector<std::string>& overrides = {}, const Further& further = {});

} // namespace lazaret::config
