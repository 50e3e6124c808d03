#pragma once
// One next hop as the whole process knows it, shared by the pools of all threads: what it offers, whether it
// answers, its numbers. Lives as long as a pool of it.

#include "core/address.hpp"
#include "core/guarded.hpp"
#include "core/time.hpp"
#include "metrics/registry.hpp"
#include "smtp/envelope.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::relay {

class Hop {
  public:
    using clock = std::chrono::steady_clock;

    /// The one of this address; made by the first who asks.
    static std::shared_ptr<Hop> of(const Endpoint& address);
    explicit Hop(std::string name);
    Hop(const Hop&) = delete;
    Hop& operator=(const Hop&) = delete;

    const std::string& name() const { return name_; } ///< its address, for log and metrics

    /// What it offered last; never null, all false before the first answer.
    std::shared_ptr<const smtp::Extensions> offered() const {
        return offered_.load(std::memory_order_acquire);
    }
    bool known() const { return known_.load(std::memory_order_acquire); } ///< it has answered once
    void publish(const smtp::Extensions& fresh);

    /// Left out until a probe reaches it. A hop that was never tried is not away.
    bool away() const { return away_.load(std::memory_order_acquire); }
    std::string why_away() const;
    void went_away(const std::string& why); ///< says so in the log, once
    void came_back();
    /// True for one thread per `interval` (with a tenth of jitter): that one looks whether the hop is back.
    bool claim_probe(clock::time_point now, Duration interval);

    /// A transaction broke; returns how many did since one last came to its end.
    unsigned broke() { return breaks_.fetch_add(1, std::memory_order_relaxed) + 1; }
    void worked() {
        if (breaks_.load(std::memory_order_relaxed) != 0) breaks_.store(0, std::memory_order_relaxed);
    }

    /// It offers CHUNKING and does not know BDAT. True the first time only, and not used again.
    bool first_bdat_refusal() { return !bdat_refused_.exchange(true, std::memory_order_relaxed); }
    bool takes_bdat() const { return !bdat_refused_.load(std::memory_order_relaxed); }

    /// True the first time only: the log hears once that the hop refuses XCLIENT.
    bool first_xclient_refusal() { return !xclient_refused_.exchange(true, std::memory_order_relaxed); }

    /// Changes whenever some hop's offer or health does, so that threads may keep what they derive from them.
    static std::uint64_t generation();

    metrics::Gauge &busy, &idle; ///< connections of all threads
    metrics::Counter& faults;

  private:
    static void changed();

    const std::string name_;
    metrics::Gauge& up_;
    std::atomic<std::shared_ptr<const smtp::Extensions>> offered_{std::make_shared<const smtp::Extensions>()};
    std::atomic<bool> known_{false}, away_{false}, xclient_refused_{false}, bdat_refused_{false};
    std::atomic<unsigned> breaks_{0};
    std::atomic<clock::rep> next_probe_{0};
    Guarded<std::string> why_;
};

} // namespace lazaret::relay
