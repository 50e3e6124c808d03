#pragma once
// Errors as values. The mail path returns Result; exceptions mean a bug or a failed start.

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace lazaret {

/// Why an operation failed, for a human: one sentence without a trailing full stop.
/// `transient` tells whether the same call may go through later (a database away) or not (bad input).
struct Error {
    std::string message;
    bool transient = false;

    explicit Error(std::string text, bool may_pass = false) : message(std::move(text)), transient(may_pass) {}
};

/// Thrown by Result::value() on an error: reached only through a bug or in a failed start.
struct ErrorException : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw ErrorException(error.message);
}

/// A value or an Error. `if (!r) return r.error();` then `*r`.
template <class T> using Result = boost::system::result<T, Error>;

} // namespace lazaret
