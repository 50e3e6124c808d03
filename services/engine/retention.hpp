#pragma once
// What is kept for a time only goes when that is over, a little at a time, so that nobody waits for it.

#include "core/time.hpp"
#include "store/database.hpp"

namespace lazaret::engine {

class Retention {
  public:
    static constexpr std::size_t batch = 500;
    static constexpr Duration interval = std::chrono::minutes(1);

    explicit Retention(Duration exhibits) : exhibits_(exhibits) {}

    /// Removes one batch where an interval has passed since the last look, or there was more than that at the last one.
    Result<void> sweep(store::Database& database, Time now);

  private:
    Duration exhibits_;
    Time due_{};
};

} // namespace lazaret::engine
