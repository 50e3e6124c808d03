#pragma once
// The written names of an enumeration, for JSON, SQL, configuration and the command line: one table, both
// ways.

#include "core/result.hpp"
#include "core/text.hpp"

#include <array>
#include <string>
#include <string_view>

namespace lazaret {

template <class E> struct Name {
    E value;
    std::string_view text;
};

/// "" for a value that is not in the table.
template <class E, std::size_t n>
constexpr std::string_view name_of(const std::array<Name<E>, n>& names, E value) {
    for (const auto& name : names)
        if (name.value == value) return name.text;
    return {};
}

/// Exact spelling only. `what` completes "'x' is not ..."; the error lists the names that would be right.
template <class E, std::size_t n>
Result<E> value_of(const std::array<Name<E>, n>& names, std::string_view text, std::string_view what) {
    for (const auto& name : names)
        if (name.text == text) return name.value;
    std::string message = "'" + printable(text, 60) + "' is not ";
    message += what;
    const char* before = " (";
    for (const auto& name : names) {
        message += before;
        message += name.text;
        before = ", ";
    }
    return Error(message + ')');
}

} // namespace lazaret
