#include "scan/guarded_scanner.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace lazaret::scan {

namespace {

using Clock = Slots::Clock;
using Daemon = Outcome::Daemon;

Duration since(Clock::time_point begun) {
    return std::chrono::duration_cast<Duration>(Clock::now() - begun);
}

metrics::Counter& total(const std::string& scanner, const char* result) {
    return metrics::counter("lazaret_scan_total", "Messages at each scanner, by result.",
                            {{"scanner", scanner}, {"result", result}});
}

} // namespace

struct GuardedScanner::Numbers {
    explicit Numbers(const std::string& scanner)
        : clean(total(scanner, "clean")), found(total(scanner, "found")), skipped(total(scanner, "skipped")),
          failed(total(scanner, "failed")), busy(total(scanner, "busy")), open(total(scanner, "open")),
          duration(metrics::histogram("lazaret_scan_duration_seconds", "Time a scanner took for a message.",
                                      metrics::duration_bounds(), {{"scanner", scanner}})),
          breakers_open(metrics::gauge("lazaret_scan_breakers_open", "Threads that leave a scanner alone because it fails.",
                                       {{"scanner", scanner}})) {}

    metrics::Counter& of(Outcome::State state) {
        switch (state) {
        case Outcome::State::clean: return clean;
        case Outcome::State::found: return found;
        case Outcome::State::skipped: return skipped;
        case Outcome::State::failed: break;
        }
        return failed;
    }

    metrics::Counter &clean, &found, &skipped, &failed, &busy, &open;
    metrics::Histogram& duration;
    metrics::Gauge& breakers_open;
};

GuardedScanner::GuardedScanner(std::unique_ptr<Scanner> scanner, const GuardSettings& settings)
    : scanner_(std::move(scanner)), settings_(settings), slots_(settings.max_calls, settings.max_waiting),
      breaker_(settings.breaker_failures, settings.breaker_interval),
      numbers_(std::make_unique<Numbers>(std::string(scanner_->name()))) {}

GuardedScanner::~GuardedScanner() {
    if (breaker_.state() != Breaker::State::closed) numbers_->breakers_open.Decrement();
}

net::task<Outcome> GuardedScanner::scan(const Octets& message, const Envelope& envelope, Duration timeout) {
    const auto begun = Clock::now();
    if (message.size() > settings_.max_size) {
        numbers_->skipped.Increment();
        co_return Outcome::skipped(std::string(name()) + ": larger than its size limit", Daemon::not_asked);
    }
    auto permit = co_await slots_.take(begun + timeout);
    Outcome outcome;
    if (!permit) {
        numbers_->busy.Increment();
        outcome = Outcome::failed(std::string(name()) + ": busy", Daemon::not_asked);
    } else if (!breaker_.allow(Clock::now())) {
        // After the wait: those who waited while it broke need not try it, too.
        numbers_->open.Increment();
        outcome = Outcome::failed(std::string(name()) + ": not asked, since it failed several times in a row", Daemon::not_asked);
    } else {
        outcome = co_await ask(message, envelope, std::max(timeout - since(begun), Duration::zero()));
    }
    outcome.took = since(begun);
    co_return outcome;
}

net::task<Outcome> GuardedScanner::ask(const Octets& message, const Envelope& envelope, Duration timeout) {
    const auto asked = Clock::now();
    auto outcome = co_await scanner_->scan(message, envelope, timeout);
    numbers_->of(outcome.state).Increment();
    numbers_->duration.Observe(std::chrono::duration<double>(Clock::now() - asked).count());
    learn(outcome);
    co_return outcome;
}

void GuardedScanner::learn(const Outcome& outcome) {
    const bool was_closed = breaker_.state() == Breaker::State::closed;
    if (outcome.daemon == Daemon::answered) breaker_.succeeded();
    if (outcome.daemon == Daemon::ailing) breaker_.failed(Clock::now());
    const bool is_closed = breaker_.state() == Breaker::State::closed;
    if (was_closed == is_closed) return;
    if (is_closed) {
        numbers_->breakers_open.Decrement();
        log::info("scanner_back", "a scanner answers again", {{"scanner", name()}});
    } else {
        numbers_->breakers_open.Increment();
        log::error("scanner_away", "a scanner failed several times in a row and is left alone: " + outcome.failure,
                   {{"scanner", name()}});
    }
}

} // namespace lazaret::scan
