#pragma once
// The hours of the week in which a subscriber is used to send, and how much: a level per hour of the week in half a
// byte, on a scale of powers of two. A level moves by one step a week at most, so that it takes weeks to learn a
// habit and no single spike can become one.

#include "core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace lazaret::detect {

class Season {
  public:
    static constexpr std::size_t hours = 168;

    /// Hour of the week, 0 to 167, from Monday 00:00 UTC.
    static std::size_t hour_of(Time at);
    /// The clock hour of `at` is over and had `count` messages.
    void learn(std::size_t hour, double count);
    /// Messages usual in that hour or one beside it; 0 when never any.
    double usual(std::size_t hour) const;
    double busiest() const; ///< usual() of the busiest hour

    std::array<std::uint8_t, hours / 2>& bytes() { return levels_; }
    const std::array<std::uint8_t, hours / 2>& bytes() const { return levels_; }

  private:
    unsigned level(std::size_t hour) const;
    void set(std::size_t hour, unsigned level);
    std::array<std::uint8_t, hours / 2> levels_{};
};

} // namespace lazaret::detect
