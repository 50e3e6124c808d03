#include "config/load.hpp"

#include "config/dns_lists.hpp"
#include "config/options.hpp"
#include "config/policies.hpp"
#include "core/text.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>

namespace lazaret::config {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;
constexpr std::size_t most_errors = 100;

/// Where a value was set: a place in the file, or an override.
struct Origin {
    std::string file;
    std::uint32_t line = 0, column = 0;
};

Found::Value to_found(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* yes = node.as_boolean()) return yes->get();
    if (const auto* array = node.as_array()) {
        std::vector<std::string> list;
        for (const auto& element : *array) {
            if (!element.is_string()) return Found::Other{"a list with something else than strings"};
            list.push_back(element.as_string()->get());
        }
        return list;
    }
    return Found::Other{node.is_table() ? "a table" : "a date or time of day"};
}

std::string maybe(const std::string& guess) {
    return guess.empty() ? "" : "; did you mean " + guess + "?";
}

/// The parser's words; the most usual mistake deserves clearer ones.
std::string explained(const toml::parse_error& error) {
    const auto words = printable(error.description(), 300);
    if (words.find("could not determine value type") != std::string::npos)
        return "expected a value: text in double quotes, a number, or a list in brackets";
    return words;
}

/// Collects values and errors from the file and from the overrides.
class Loader {
  public:
    explicit Loader(const std::filesystem::path& file) : file_(file.string()), folder_(file.parent_path()) {
        config_.file = file;
    }

    void read(std::string_view text) {
        try {
            const toml::table root = toml::parse(text, file_);
            for (const auto& [key, node] : root)
                read_section(key, node);
        } catch (const toml::parse_error& error) {
            fail(at(error.source()), "not valid TOML: " + explained(error));
        }
    }

    void override_with(const std::string& assignment) {
        const Origin origin{"--set " + printable(assignment.substr(0, assignment.find('=')), 80), 0, 0};
        const auto equals = assignment.find('=');
        const std::string_view name = std::string_view(assignment).substr(0, equals);
        const auto dot = name.find('.');
        if (equals == std::string::npos || dot == std::string_view::npos)
            return fail(origin, "expected SECTION.KEY=VALUE, such as server.threads=4");
        set(name.substr(0, dot), name.substr(dot + 1), Found::Word{assignment.substr(equals + 1)}, origin,
            origin);
    }

    Loaded finish(const Further& further) {
        if (errors_.empty()) {
            fill_in(config_);
            for (const auto& conflict : conflicts(config_))
                report(conflict);
        }
        if (errors_.empty() && further)
            for (const auto& wrong : further(config_))
                report(wrong);
        if (errors_.empty()) return std::move(config_);
        std::stable_sort(errors_.begin(), errors_.end(), [](const auto& a, const auto& b) {
            return std::tie(a.line, a.column) < std::tie(b.line, b.column);
        });
        errors_.resize(std::min(errors_.size(), most_errors));
        return Errors{std::move(errors_)};
    }

    void fail(const Origin& origin, std::string message) {
        errors_.push_back({origin.file, origin.line, origin.column, std::move(message)});
    }
    Origin whole_file() const { return {file_, 0, 0}; }

  private:
    Origin at(const toml::source_region& region) const {
        return {file_, region.begin.line, region.begin.column};
    }

    void read_section(const toml::key& key, const toml::node& node) {
        const std::string_view name = key.str();
        if (name == content_policies().name) return read_tables(content_policies(), config_.content_policies, key, node);
        if (name == dns_lists().name) return read_tables(dns_lists(), config_.dns_lists, key, node);
        if (!is_section(name)) {
            const auto guess = nearest_section(name);
            const auto shown = printable(name, 60);
            if (node.is_table())
                fail(at(key.source()),
                     "unknown section [" + shown + "]" + maybe(guess.empty() ? "" : "[" + guess + "]"));
            else
                fail(at(key.source()),
                     "option " + shown + " stands outside a section" + maybe(nearest_option("", name)));
            return;
        }
        const auto* table = node.as_table();
        if (!table)
            return fail(at(key.source()), std::string(name) + " is a section; expected [" +
                                              std::string(name) + "] alone on a line");
        for (const auto& [option, value] : *table)
            set(name, option.str(), to_found(value), at(option.source()), at(value.source()));
    }

    template <class Row>
    void read_tables(const Table<Row>& kind, std::vector<Row>& rows, const toml::key& key, const toml::node& node) {
        const auto* tables = node.as_array();
        const std::string name(kind.name);
        if (!tables || !tables->is_homogeneous(toml::node_type::table))
            return fail(at(key.source()), name + " is a list of tables; expected [[" + name + "]] alone on a line");
        for (const auto& table : *tables) {
            auto& row = rows.emplace_back();
            origins_[name + "." + std::to_string(rows.size())] = at(table.source());
            for (const auto& [option, value] : *table.as_table()) {
                const auto* known = kind.find(option.str());
                const auto full = name + "." + printable(option.str(), 60);
                if (!known) {
                    fail(at(option.source()), "unknown option " + full + "; expected one of " + kind.key_names());
                    continue;
                }
                if (const auto problem = known->read(row, Found{to_found(value), folder_}))
                    fail(at(value.source()), full + ": " + *problem);
            }
        }
    }

    void set(std::string_view section, std::string_view key, Found::Value value, const Origin& at_key,
             const Origin& at_value) {
        const auto* option = find_option(section, key);
        if (!option)
            return fail(at_key, "unknown option " + printable(section, 60) + "." + printable(key, 60) +
                                    maybe(nearest_option(section, key)));
        origins_[option->name()] = at_value;
        if (const auto problem = option->read(config_, Found{std::move(value), folder_}))
            fail(at_value, option->name() + ": " + *problem);
    }

    void report(const Conflict& conflict) {
        auto origin = whole_file();
        for (const auto& option : {conflict.other, conflict.option})
            if (const auto known = origins_.find(option); known != origins_.end()) origin = known->second;
        fail(origin, conflict.option.empty() ? conflict.message : conflict.option + ": " + conflict.message);
    }

    std::string file_;
    std::filesystem::path folder_;
    Config config_;
    std::map<std::string, Origin> origins_; ///< of the options that are set, by name
    std::vector<ConfigError> errors_;
};

} // namespace

std::string ConfigError::to_string() const {
    const auto place = line == 0 ? std::string() : ":" + std::to_string(line) + ":" + std::to_string(column);
    return file + place + ": " + message;
}

std::string Errors::to_string() const {
    std::string text;
    for (const auto& error : list)
        text += (text.empty() ? "" : "\n") + error.to_string();
    return text;
}

void throw_exception_from_error(const Errors& errors, const boost::source_location&) {
    throw std::runtime_error(errors.to_string());
}

Loaded parse(std::string_view text, const std::filesystem::path& file,
             const std::vector<std::string>& overrides, const Further& further) {
    Loader loader(file);
    if (text.size() > largest_file)
        loader.fail(loader.whole_file(), "found more than 1 MiB, expected a configuration file");
    else
        loader.read(text);
    for (const auto& assignment : overrides)
        loader.override_with(assignment);
    return loader.finish(further);
}

Loaded load(const std::filesystem::path& file, const std::vector<std::string>& overrides, const Further& further) {
    std::error_code failed;
    const auto path = std::filesystem::absolute(file, failed);
    const auto cannot_read = [&](int why) {
        return Errors{{{file.string(), 0, 0, std::string("cannot be read: ") + std::strerror(why)}}};
    };
    if (std::filesystem::is_directory(path, failed)) return cannot_read(EISDIR);
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return cannot_read(errno);
    std::string text(largest_file + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) return cannot_read(errno);
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return parse(text, path, overrides, further);
}

} // namespace lazaret::config
