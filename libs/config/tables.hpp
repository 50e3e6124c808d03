#pragma once
// Tables that may stand any number of times in the file ([[dns_list]]): their keys as data, for the loader, the example file and
// the reference. Internal to this folder.

#include "config/rules.hpp"
#include "config/words.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lazaret::config {

/// One key of the tables that become a Row.
template <class Row> struct TableKey {
    std::string name, sentence, unit, range;
    std::string sample; ///< TOML literal for the example file
    /// Stores what was found; where it does not fit, returns "found X, expected Y" and changes nothing.
    std::function<std::optional<std::string>(Row&, const Found&)> read;
};

/// A kind of table.
template <class Row> struct Table {
    std::string_view name, sentence;
    std::vector<TableKey<Row>> keys;

    const TableKey<Row>* find(std::string_view key) const {
        const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.name == key; });
        return found == keys.end() ? nullptr : &*found;
    }
    std::string key_names() const {
        std::string names;
        for (const auto& key : keys)
            names += (names.empty() ? "" : ", ") + key.name;
        return names;
    }
};

template <class Row, class Member, class Rule>
TableKey<Row> table_key(std::string name, Member Row::*member, Rule rule, std::string sample, std::string sentence) {
    TableKey<Row> made;
    made.name = std::move(name);
    made.sentence = std::move(sentence);
    made.unit = rule.unit();
    made.range = rule.range();
    made.sample = std::move(sample);
    made.read = [=](Row& row, const Found& found) -> std::optional<std::string> {
        auto value = rule.read(found);
        if (!value) return misfit(found, rule.expected(), rule.hint(found));
        row.*member = *std::move(value);
        return std::nullopt;
    };
    return made;
}

} // namespace lazaret::config
