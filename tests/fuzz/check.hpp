#pragma once
// What a fuzz target demands of the code: a broken demand ends the program like a crash.

#include <cstdio>
#include <cstdlib>

namespace lazaret::fuzz {

inline void check(bool holds, const char* demand) {
    if (holds) return;
    std::fprintf(stderr, "broken demand: %s\n", demand);
    std::abort();
}

} // namespace lazaret::fuzz
