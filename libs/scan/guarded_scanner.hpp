#pragma once
// A scanner behind what keeps trouble small: a size limit, a bound on calls under way, a circuit breaker, and metrics.
// One per scanner and thread; the bounds are that thread's share.
//
//   lazaret_scan_total{scanner,result}       clean, found, skipped, failed (asked, and no verdict),
//                                            busy (no turn in time), open (left alone by the breaker)
//   lazaret_scan_duration_seconds{scanner}   of those that were asked
//   lazaret_scan_breakers_open{scanner}      threads that leave the scanner alone

#include "scan/breaker.hpp"
#include "scan/scanner.hpp"
#include "scan/slots.hpp"

#include <memory>

namespace lazaret::scan {

struct GuardSettings {
    std::uint64_t max_size = 20 * 1024 * 1024; ///< octets; what is larger is skipped
    std::size_t max_calls = 16, max_waiting = 64;
    unsigned breaker_failures = 5;
    Duration breaker_interval = std::chrono::seconds(5);

    GuardSettings() = default;
};

class GuardedScanner final : public Scanner {
  public:
    GuardedScanner(std::unique_ptr<Scanner> scanner, const GuardSettings& settings);
    ~GuardedScanner() override;

    std::string_view name() const override { return scanner_->name(); }
    /// As every scanner; `timeout` includes the wait for its turn.
    net::task<Outcome> scan(const Octets& message, const Envelope& envelope, Duration timeout) override;
    Breaker::State breaker() const { return breaker_.state(); }

  private:
    struct Numbers;
    net::task<Outcome> ask(const Octets& message, const Envelope& envelope, Duration timeout);
    void learn(const Outcome& outcome);

    std::unique_ptr<Scanner> scanner_;
    GuardSettings settings_;
    Slots slots_;
    Breaker breaker_;
    std::unique_ptr<Numbers> numbers_;
};

} // namespace lazaret::scan
