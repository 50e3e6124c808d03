#pragma once
// The declaration of every option, as data. The loader, the checks, the example file, the reference and the
// comparison at reload all walk this table.

#include "config/config.hpp"
#include "config/rules.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::config {

/// When a changed value takes effect.
enum class Change { on_reload, on_restart };

struct Option {
    std::string section, key;
    std::string sentence; ///< what it does, for the administrator
    Change change = Change::on_restart;
    std::string unit;        ///< kind of value in words, e.g. "time"
    std::string range;       ///< what is allowed, or ""
    std::string fallback;    ///< the default as a TOML literal, or in words when it depends on others
    bool is_derived = false; ///< the default depends on other options or on the machine
    bool is_shown = false;   ///< stands in the example file; the others are commented out there
    std::string sample;      ///< TOML literal for the example file

    /// Stores what was found; where it does not fit, returns "found X, expected Y" and changes nothing.
    std::function<std::optional<std::string>(Config&, const Found&)> read;
    std::function<std::string(const Config&)> literal; ///< the present value as a TOML literal
    std::function<void(const Config& from, Config& to)> copy;

    std::string name() const { return section + "." + key; }
};

struct Section {
    std::string name, sentence;
};

const std::vector<Section>& sections(); ///< in the order of the example file
const std::vector<Option>& options();   ///< grouped by section, same order

const Option* find_option(std::string_view section, std::string_view key);
bool is_section(std::string_view name);
/// The known names that were probably meant, as "section.key" or "section"; "" if nothing is close.
std::string nearest_option(std::string_view section, std::string_view key);
std::string nearest_section(std::string_view name);

} // namespace lazaret::config
