#pragma once
// What a run is to do and what it has done: numbers handed out, acknowledgements, latencies, failures.

#include "programs/mail.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lazaret::bench {

using Clock = std::chrono::steady_clock;

class Tally {
  public:
    /// At most `messages` (0 = no bound), none begun after `until`.
    Tally(std::uint64_t messages, Clock::time_point until) : messages_(messages), until_(until), began_(Clock::now()) {}

    /// The number of one more message; nullopt when there is to be none.
    std::optional<std::uint64_t> next();
    void acknowledged(std::uint64_t number, Clock::duration latency);
    /// `what`: stage and reply, counted by its text. After a hundred with nothing acknowledged in between there is no next().
    void failed(const std::string& what);

    std::uint64_t messages() const { return latencies_.size(); }
    /// messages, fingerprint, seconds, rate, latency_ms {p50, p99, max}, failures.
    nlohmann::json report();

  private:
    const std::uint64_t messages_;
    const Clock::time_point until_, began_;
    Clock::time_point last_ = began_;
    std::uint64_t given_ = 0;
    unsigned failed_in_a_row_ = 0;
    Fingerprint seen_;
    std::vector<float> latencies_; ///< milliseconds
    std::map<std::string, std::uint64_t> failures_;
};

} // namespace lazaret::bench
