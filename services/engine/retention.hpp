#pragma once
// What is kept for a time only goes when that is over, a little at a time, so that nobody waits for it.

#include "core/time.hpp"
#include "store/database.hpp"

namespace lazaret::engine {

class Retention {
  public:
    static constexpr std::size_t batch = 500;
    static constexpr Duration interval = std::chrono::minutes(1);

    /// Whom nothing was heard of for so long is met as somebody new: habits are forgotten in months.
    static constexpr Duration states = std::chrono::hours(400 * 24);

    Retention(Duration exhibits, Duration events) : exhibits_(exhibits), events_(events) {}

    /// Removes one batch of each where an interval has passed since the last look, or there was more at the last one.
    Result<void> sweep(store::Database& database, Time now);

  private:
    Result<bool> sweep_exhibits(store::Database& database, Time now);

    Duration exhibits_, events_;
    Time due_{};
};

} // namespace lazaret::engine
