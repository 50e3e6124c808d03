#pragma once
// How often something may happen within an hour, to one and in all. What is beyond is not done: nobody waits.

#include "core/guarded.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lazaret::submission {

/// Hours begin with the first time; both bounds may change at any call. Thread-safe, and remembers no more keys than `in_all`
/// lets through.
class HourlyQuota {
  public:
    /// False when one of the bounds is reached; else it counts.
    bool take(std::string_view key, std::uint32_t of_key, std::uint32_t in_all, Time now);

  private:
    struct Hour {
        Time begun{};
        std::uint32_t in_all = 0;
        std::map<std::string, std::uint32_t, std::less<>> of_key;
    };
    Guarded<Hour> hour_;
};

} // namespace lazaret::submission
