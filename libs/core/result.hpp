#pragma once
// Errors as values. The mail path returns Result; exceptions mean a bug or a failed start.

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace lazaret {

/// Why an operation failed, for a human: one sentence without a trailing full stop.
/// `transient` tells whether the same call may go through later (a database away) or not (bad input).
struct Error {
    std::string message;
    bool transient = false;

    Error() = default;
    explicit Error(std::string text, bool may_pass = false) : message(std::move(text)), transient(may_pass) {}
};

/// Thrown by Result::value() on an error: reached only through a bug or in a failed start.
struct ErrorException : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw ErrorException(error.message);
}

/// A value or an Error. `if (!r) return r.error();` then `*r`. Both convert implicitly, which the base does
/// not allow for a T that an Error can be made of (a string). `error()` returns a copy: keep no view into it.
template <class T> class [[nodiscard]] Result : public boost::system::result<T, Error> {
    using Base = boost::system::result<T, Error>;
    template <class U>
    static constexpr bool is_value = std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, Error> &&
                                     !std::is_same_v<std::decay_t<U>, Result>;

  public:
    Result() = default; ///< a default T, where there is one
    Result(Error error) : Base(Base::in_place_error, std::move(error)) {}
    template <class U = T, class = std::enable_if_t<is_value<U>>>
    Result(U&& value) : Base(Base::in_place_value, std::forward<U>(value)) {}
};

template <> class [[nodiscard]] Result<void> : public boost::system::result<void, Error> {
    using Base = boost::system::result<void, Error>;

  public:
    Result() = default; ///< success
    Result(Error error) : Base(Base::in_place_error, std::move(error)) {}
};

} // namespace lazaret
