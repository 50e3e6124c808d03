#include "scan/rules_file.hpp"

#include "core/text.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace lazaret::scan {
namespace {

constexpr double max_score = 1000;
constexpr std::size_t max_name = 64, max_tags = 8;

bool is_rule_name(std::string_view text) {
    return !text.empty() && text.size() <= max_name && std::all_of(text.begin(), text.end(), [](char c) {
        return ascii_is_lower(c) || ascii_is_digit(c) || c == '_' || c == '.' || c == '-';
    });
}

/// RFC 5322 3.6.8 ftext.
bool is_field_name(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127 && c != ':'; });
}

/// Reads one [[rule]]; the first thing that is wrong stays in `error`.
class Reader {
  public:
    Reader(const toml::table& table, std::string_view file_name) : table_(table), file_name_(file_name) {}

    std::optional<Error> error;

    void fail(const toml::node& where, std::string_view what) {
        const auto& place = where.source().begin;
        if (!error) error = at_place(file_name_, place.line, place.column, what);
    }

    WrittenRule read() {
        WrittenRule out;
        check_keys();
        out.rule.name = text("name", true);
        if (const auto* node = table_.get("name"); node && !is_rule_name(out.rule.name))
            fail(*node, "name: expected 1-64 of a-z, 0-9, '_', '.' and '-'");
        out.rule.scope =
            one_of<Scope>("scope",
                          {{"header", Scope::header}, {"body", Scope::body}, {"raw", Scope::raw}, {"uri", Scope::uri}},
                          Scope::body, true);
        out.rule.pattern = text("pattern", true);
        if (const auto* node = table_.get("pattern")) {
            out.line = node->source().begin.line;
            out.column = node->source().begin.column;
            if (out.rule.pattern.empty() || out.rule.pattern.size() > max_pattern ||
                out.rule.pattern.find('\0') != std::string::npos)
                fail(*node, "pattern: expected 1-4096 octets without NUL");
        }
        read_field(out.rule);
        out.rule.caseless = boolean("caseless", true);
        using verdict::Mode;
        out.rule.mode =
            one_of<Mode>("mode", {{"enforce", Mode::enforce}, {"warn", Mode::warn}, {"off", Mode::off}},
                         Mode::warn, false);
        out.rule.score = score();
        out.rule.tags = tags();
        return out;
    }

  private:
    void check_keys() {
        static const std::set<std::string_view> known{"name",     "scope", "pattern", "field",
                                                      "caseless", "mode",  "score",   "tags"};
        for (const auto& [key, node] : table_) {
            if (known.count(key.str()) != 0) continue;
            const auto& place = key.source().begin;
            if (!error)
                error = at_place(file_name_, place.line, place.column,
                                 "unknown key \"" + printable(key.str(), 60) +
                                     "\": expected name, scope, pattern, field, caseless, mode, score or tags");
        }
    }

    std::string text(std::string_view key, bool required) {
        const toml::node* node = table_.get(key);
        if (!node) {
            if (required) fail(table_, std::string(key) + " is missing in this rule");
            return {};
        }
        if (const auto* value = node->as_string()) return value->get();
        fail(*node, std::string(key) + ": expected a text in quotes");
        return {};
    }

    bool boolean(std::string_view key, bool otherwise) {
        const toml::node* node = table_.get(key);
        if (!node) return otherwise;
        if (const auto* value = node->as_boolean()) return value->get();
        fail(*node, std::string(key) + ": expected true or false");
        return otherwise;
    }

    template <class T>
    T one_of(std::string_view key, const std::vector<std::pair<std::string_view, T>>& choices, T otherwise,
             bool required) {
        const std::string written = text(key, required);
        const toml::node* node = table_.get(key);
        if (!node) return otherwise;
        std::string expected;
        for (const auto& [word, value] : choices) {
            if (word == written) return value;
            if (!expected.empty()) expected += word == choices.back().first ? " or " : ", ";
            expected += '"' + std::string(word) + '"';
        }
        fail(*node, std::string(key) + ": expected " + expected);
        return otherwise;
    }

    void read_field(Rule& rule) {
        const toml::node* node = table_.get("field");
        if (!node) return;
        rule.field = ascii_lowercase(text("field", false));
        if (rule.scope != Scope::header) fail(*node, "field: only for rules with scope = \"header\"");
        if (!is_field_name(rule.field))
            fail(*node, "field: expected the name of a header field, without the colon");
    }

    double score() {
        const toml::node* node = table_.get("score");
        if (!node) return Rule().score;
        const auto value = node->is_number() ? node->value<double>() : std::nullopt;
        if (value && *value >= 0 && *value <= max_score) return *value; // false for nan too
        fail(*node, "score: expected a number, 0-1000");
        return 0;
    }

    std::vector<std::string> tags() {
        constexpr auto expected = "tags: expected at most 8 names in brackets, each 1-64 of a-z, 0-9, '_', '.' and '-'";
        const toml::node* node = table_.get("tags");
        if (!node) return {};
        const auto* list = node->as_array();
        if (!list || list->size() > max_tags) {
            fail(*node, expected);
            return {};
        }
        std::vector<std::string> out;
        for (const auto& each : *list) {
            const auto* tag = each.as_string();
            if (!tag || !is_rule_name(tag->get())) fail(each, expected);
            else out.push_back(tag->get());
        }
        return out;
    }

    const toml::table& table_;
    std::string_view file_name_;
};

} // namespace

Error at_place(std::string_view file_name, std::uint32_t line, std::uint32_t column,
               std::string_view message) {
    std::string text(file_name);
    text += ':' + std::to_string(line) + ':' + std::to_string(column) + ": ";
    text += message;
    return Error(std::move(text));
}

Result<std::vector<WrittenRule>> read_rules(std::string_view toml, std::string_view file_name) {
    const auto fail = [&](const toml::source_position& place, std::string_view what) {
        return at_place(file_name, place.line, place.column, what);
    };
    toml::table root;
    try {
        root = toml::parse(toml);
    } catch (const toml::parse_error& error) {
        return fail(error.source().begin, printable(error.description()));
    }
    for (const auto& [key, node] : root)
        if (key.str() != "rule")
            return fail(key.source().begin,
                        "unknown key \"" + printable(key.str(), 60) + "\": expected [[rule]]");

    std::vector<WrittenRule> out;
    const toml::node* rules = root.get("rule");
    if (!rules) return out;
    if (!rules->is_array_of_tables() && !(rules->is_array() && rules->as_array()->empty()))
        return fail(rules->source().begin, "rule: expected tables that begin with [[rule]]");

    std::set<std::string> names;
    std::map<std::tuple<Scope, std::string, std::string, bool>, std::string> patterns;
    for (const auto& element : *rules->as_array()) {
        const toml::table& table = *element.as_table();
        Reader reader(table, file_name);
        WrittenRule written = reader.read();
        if (reader.error) return *reader.error;
        const Rule& rule = written.rule;
        if (!names.insert(rule.name).second)
            return fail(table.get("name")->source().begin,
                        "name: there is a rule \"" + rule.name + "\" already");
        const auto [same, is_new] =
            patterns.try_emplace({rule.scope, rule.field, rule.pattern, rule.caseless}, rule.name);
        if (!is_new)
            return at_place(file_name, written.line, written.column,
                            "pattern: rule \"" + same->second + "\" looks for the same already");
        out.push_back(std::move(written));
        if (out.size() > max_rules) return fail(table.source().begin, "more than 100000 rules");
    }
    return out;
}

} // namespace lazaret::scan
