#pragma once
// What options of sections and of tables share: words of choices, and the sentence about a value that does not fit.
// Internal to this folder.

#include "config/config.hpp"
#include "config/rules.hpp"

#include <string>

namespace lazaret::config {

inline const Choice<Mode> mode_words{{{"enforce", Mode::enforce}, {"warn", Mode::warn}, {"off", Mode::off}}};
inline const Choice<Virus> virus_words{{{"refuse", Virus::refuse}, {"discard", Virus::discard}}};

inline std::string misfit(const Found& found, const std::string& expected, const std::string& hint) {
    return "found " + found.shown() + ", expected " + expected + hint;
}

} // namespace lazaret::config
