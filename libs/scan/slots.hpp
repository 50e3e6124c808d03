#pragma once
// How many calls of one kind may be under way on a thread. Who comes beyond waits its turn, first come first served, up to
// a bound; beyond that, and when its time is over, it is busy.

#include "net/deadlines.hpp"
#include "net/task.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

namespace lazaret::scan {

class Slots {
    struct State;
    struct Waiter;

  public:
    using Clock = net::Deadline::clock;

    /// The right to make one call; given back when it goes. May outlive the Slots.
    class Permit {
      public:
        Permit() = default;
        Permit(Permit&& other) noexcept : state_(std::move(other.state_)) {}
        Permit& operator=(Permit&& other) noexcept;
        ~Permit();
        explicit operator bool() const { return state_ != nullptr; }

      private:
        friend class Slots;
        friend struct Waiter;
        explicit Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };

    Slots(std::size_t most, std::size_t most_waiting);

    /// An empty permit: busy, or nothing came free until `end`.
    net::task<Permit> take(Clock::time_point end);
    std::size_t used() const;
    std::size_t waiting() const;

  private:
    std::shared_ptr<State> state_;
};

} // namespace lazaret::scan
