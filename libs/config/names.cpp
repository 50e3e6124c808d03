// Finding options by name, and guessing which one a misspelt name meant.

#include "config/options.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <numeric>

namespace lazaret::config {
namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
    }
    return above[b.size()];
}

/// A third of the letters may be wrong; names longer than any of ours are not looked at.
bool is_close(std::size_t changes, std::string_view name) {
    return changes <= std::max<std::size_t>(2, name.size() / 3);
}

constexpr std::size_t longest_guess = 64;

/// "a", "a or b", "a, b or c"; more than three are no help.
std::string joined(const std::vector<std::string>& names) {
    if (names.size() > 5) return {};
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
    return text;
}

} // namespace

const Option* find_option(std::string_view section, std::string_view key) {
    for (const auto& option : options())
        if (option.section == section && option.key == key) return &option;
    return nullptr;
}

bool is_section(std::string_view name) {
    return std::any_of(sections().begin(), sections().end(),
                       [&](const Section& section) { return section.name == name; });
}

std::string nearest_option(std::string_view section, std::string_view key) {
    if (key.size() > longest_guess || section.size() > longest_guess) return {};
    std::vector<std::string> best;
    std::size_t least = longest_guess;
    for (const auto& option : options()) {
        const bool elsewhere = option.section != section;
        if (elsewhere && option.key != key && is_section(section))
            continue; // within a known section, only the very same key of another section is a guess
        const auto of_key = distance(key, option.key);
        if (!is_close(of_key, option.key)) continue;
        // The very same key under no section or a wrong one counts alike, however unlike the sections' names
        // are.
        const bool misplaced = of_key == 0 && (section.empty() || is_section(section));
        const auto changes = of_key + (elsewhere && !misplaced ? distance(section, option.section) : 0);
        if (changes < least) best.clear();
        if (changes <= least) best.push_back(option.name());
        least = std::min(least, changes);
    }
    return joined(best);
}

std::string nearest_section(std::string_view name) {
    std::string best;
    std::size_t least = longest_guess;
    for (const auto& section : sections()) {
        const auto changes = name.size() > longest_guess ? longest_guess : distance(name, section.name);
        if (changes < least && is_close(changes, section.name)) {
            least = changes;
            best = section.name;
        }
    }
    return best;
}

} // namespace lazaret::config
