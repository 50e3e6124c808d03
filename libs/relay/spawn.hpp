#pragma once
// How coroutines that nobody awaits end: their errors are values, so an exception is a bug and ends the program.

#include <exception>

namespace lazaret::relay {

inline void rethrow(std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
}

} // namespace lazaret::relay
