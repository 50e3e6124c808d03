#pragma once
// Which clients have lately waited for the greeting as they must (RFC 5321 4.3.1). Only the others are kept waiting with a
// greet pause. Shared by all threads.

#include "core/address.hpp"
#include "core/guarded.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <map>

namespace lazaret::submission {

/// Bounded: at most `room` clients at once; beyond that the half that was noted first is forgotten, and pays one more pause.
class Patience {
  public:
    explicit Patience(std::size_t room = 100000, Duration memory = std::chrono::hours(1)) : half_(room / 2), memory_(memory) {}

    /// Whether the client behaved within the last hour. `client` as client_key() gives it.
    bool known(const IpAddress& client, Time now) const;
    void waited(const IpAddress& client, Time now);
    void talked_early(const IpAddress& client); ///< forgets the good it did before
    std::size_t size() const;

  private:
    using Seen = std::map<IpAddress, Time>;
    struct Generations {
        Seen young, old;
    };
    const std::size_t half_;
    const Duration memory_;
    Guarded<Generations> seen_;
};

} // namespace lazaret::submission
