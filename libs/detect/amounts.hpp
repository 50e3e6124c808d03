#pragma once
// How much comes with a subscriber's messages: recipients, different domains of theirs, octets. What is usual in an hour of the
// week is the messages that are usual then (season.hpp) times what each is wont to bring: one hour of the week for all of them.

#include "detect/distinct.hpp"
#include "event/event.hpp"

#include <array>
#include <cstddef>

namespace lazaret::detect {

enum class Amount { recipients, domains, octets };
inline constexpr std::array all_amounts{Amount::recipients, Amount::domains, Amount::octets};

class Amounts {
  public:
    void take(const event::Event& message);
    void forget(float kept); ///< of what came in about the last hour
    void end_hour() { domains_ = FewDistinct(); }
    /// What came with the `messages` of about the last hour becomes habit, a tenth of it, and at most to twice as much.
    void learn(double messages);
    /// How many usual messages bring as much as came in about the last hour.
    double in_messages(Amount what) const;
    double in_hour(Amount what) const { return of(what).hour; }
    void clear(); ///< what came lately; the habit stays

    /// For the saved form: hour and habit of each, in the order of all_amounts.
    using Numbers = std::array<float, 2 * all_amounts.size()>;
    Numbers numbers() const;
    void set_numbers(const Numbers& numbers);

  private:
    struct One {
        float hour = 0; // about the last one
        float each = 0; // with a message; 0: not known
    };
    One& of(Amount what) { return amounts_[static_cast<std::size_t>(what)]; }
    const One& of(Amount what) const { return amounts_[static_cast<std::size_t>(what)]; }

    std::array<One, all_amounts.size()> amounts_;
    FewDistinct domains_; // of the clock hour
};

} // namespace lazaret::detect
