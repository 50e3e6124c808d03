#include "config/example.hpp"

#include "config/dns_lists.hpp"
#include "config/options.hpp"
#include "config/policies.hpp"

#include <sstream>

namespace lazaret::config {
namespace {

/// Comment lines of at most 100 columns.
std::string comment(const std::string& text) {
    std::istringstream words(text);
    std::string lines, line = "#";
    for (std::string word; words >> word; (line += ' ') += word)
        if (line.size() + 1 + word.size() > 100) {
            lines += line + "\n";
            line = "#";
        }
    return lines + line + "\n";
}

std::string kind(const std::string& unit, const std::string& range) {
    std::string text = unit + (range.empty() ? "" : ": " + range);
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

std::string details(const Option& option) {
    return kind(option.unit, option.range) + ". Default: " + option.fallback + "." +
           (option.change == Change::on_restart ? " Needs a restart." : "");
}

/// For a cell of a table.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text)
        (out += c == '|' ? "\\" : "") += c;
    return out;
}

template <class Row> std::string example_of(const Table<Row>& table) {
    std::string out = "\n" + comment(std::string(table.sentence)) + "#[[" + std::string(table.name) + "]]\n";
    for (const auto& key : table.keys)
        out += "\n" + comment(key.sentence) + comment(kind(key.unit, key.range) + ".") + "#" + key.name + " = " + key.sample + "\n";
    return out;
}

template <class Row> std::string reference_of(const Table<Row>& table) {
    std::string out = "\n## [[" + std::string(table.name) + "]]\n\n" + std::string(table.sentence) +
                      " Changes take effect at a reload.\n\n| key | value | meaning |\n|---|---|---|\n";
    for (const auto& key : table.keys)
        out += "| `" + key.name + "` | " + key.unit + escaped(key.range.empty() ? "" : ": " + key.range) + " | " + escaped(key.sentence) + " |\n";
    return out;
}

} // namespace

std::string example() {
    std::string out =
        "# Configuration of Lazaret: every option, its meaning, what is allowed and its default.\n"
        "# An option that is commented out has its default; an unknown one is an error.\n"
        "# Sizes are written \"25MiB\" (B, KiB, MiB, GiB), times \"30s\" (ms, s, m, h, d).\n"
        "# Relative paths start at the folder of this file. `lazaret config check` looks it over.\n"
        "# SIGHUP makes changes effective, except where a restart is needed.\n";
    for (const auto& section : sections()) {
        out += "\n" + comment(section.sentence) + "[" + section.name + "]\n";
        for (const auto& option : options()) {
            if (option.section != section.name) continue;
            out += "\n" + comment(option.sentence) + comment(details(option));
            out += (option.is_shown ? "" : "#") + option.key + " = " + option.sample + "\n";
        }
    }
    return out + example_of(dns_lists()) + example_of(content_policies());
}

std::string reference() {
    std::string out = "# Configuration\n\n"
                      "All programs read one TOML file. Every option is listed here; an unknown section or "
                      "option, a value of "
                      "the wrong\nkind or out of its range is an error with file, line and column, all of "
                      "them are reported at "
                      "once, and nothing\nstarts (exit status 78).\n\n"
                      "- Sizes are text with a unit: `\"512B\"`, `\"64KiB\"`, `\"25MiB\"`, `\"4GiB\"`. Times "
                      "too: `\"200ms\"`, "
                      "`\"30s\"`, `\"5m\"`, `\"2h\"`,\n  `\"1d\"`.\n"
                      "- Relative paths start at the folder of the file.\n"
                      "- `--set SECTION.KEY=VALUE` overrides one option for one start, with the same checks; "
                      "VALUE has no quotes, "
                      "lists are\n  separated by commas.\n"
                      "- Changes marked *reload* take effect at SIGHUP, the others at the next start; a "
                      "reload names the options "
                      "that wait.\n"
                      "- A commented file with all of this is `deploy/config/lazaret.toml`.\n";
    for (const auto& section : sections()) {
        out += "\n## [" + section.name + "]\n\n" + section.sentence +
               "\n\n| option | value | default | change | meaning |\n|---|---|---|---|---|\n";
        for (const auto& option : options())
            if (option.section == section.name)
                out += "| `" + option.key + "` | " + option.unit +
                       escaped(option.range.empty() ? "" : ": " + option.range) + " | " +
                       (option.is_derived ? option.fallback : "`" + escaped(option.fallback) + "`") + " | " +
                       (option.change == Change::on_reload ? "reload" : "restart") + " | " +
                       escaped(option.sentence) + " |\n";
    }
    return out + reference_of(dns_lists()) + reference_of(content_policies());
}

} // namespace lazaret::config
