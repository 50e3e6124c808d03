// The promise of limiter.hpp against a list of everything that was ever relayed.

#include "limits/limiter.hpp"
#include "limits/record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace lazaret::limits {
namespace {

using namespace std::chrono_literals;
constexpr Time start{Duration(1'700'000'000'000'000)};

/// Everything that was ever relayed, with sums from the beginning on.
class Oracle {
  public:
    void add(Time at, std::uint32_t recipients) {
        at_.push_back(at);
        recipients_.push_back(recipients_.back() + recipients);
    }
    /// Within (now - length, now]; nothing lies after `now`.
    Count used(Time now, Duration length) const {
        const auto from = std::upper_bound(at_.begin(), at_.end(), now - length) - at_.begin();
        Count out;
        out.messages = at_.size() - static_cast<std::size_t>(from);
        out.recipients = recipients_.back() - recipients_[static_cast<std::size_t>(from)];
        return out;
    }

  private:
    std::vector<Time> at_;
    std::vector<std::uint64_t> recipients_{0};
};

constexpr std::array<Duration, 3> slack{1s, 30s, 10min}; // how late merged entries may leave

bool fits(std::optional<std::uint32_t> max, std::uint64_t used) {
    return !max || used <= *max;
}

/// Random arrivals with random pauses; every decision is compared with both bounds.
void run(unsigned seed, const subscriber::Plan& plan, int rounds, Duration longest_pause, bool exact) {
    std::mt19937 random(seed);
    Limiter limiter;
    Oracle oracle;
    Time now = start;
    const std::array<std::optional<std::uint32_t>, 3> messages{plan.messages.per_minute,
                                                               plan.messages.per_hour, plan.messages.per_day};
    const std::array<std::optional<std::uint32_t>, 3> recipients{
        plan.recipients.per_minute, plan.recipients.per_hour, plan.recipients.per_day};
    int allowed = 0, refused = 0;
    for (int i = 0; i < rounds; ++i) {
        // Bursts, and pauses of all sizes.
        if (random() % 4 == 0)
            now += Duration(static_cast<Duration::rep>(std::pow(
                static_cast<double>(longest_pause.count()), std::uniform_real_distribution<>(0, 1)(random))));
        const std::uint32_t count = 1 + random() % 5;
        auto decision = limiter.reserve("key", plan, 1, count, now);
        decision.allowed ? ++allowed : ++refused;
        bool upper = true, lower = true;
        for (std::size_t window = 0; window < 3; ++window) {
            const auto truth = oracle.used(now, window_lengths[window]);
            upper = upper && fits(messages[window], truth.messages + 1) &&
                    fits(recipients[window], truth.recipients + count);
            const auto most = oracle.used(now, window_lengths[window] + (exact ? 0s : slack[window]));
            lower = lower && fits(messages[window], most.messages + 1) &&
                    fits(recipients[window], most.recipients + count);
        }
        if (decision.allowed) {
            ASSERT_TRUE(upper) << "a window holds more than its limit, round " << i;
        } else {
            ASSERT_FALSE(lower) << "refused below the limit, round " << i;
            if (exact && decision.retry_after > 1s) {
                const auto fits_at = [&](Time at) {
                    bool all = true;
                    for (std::size_t window = 0; window < 3; ++window) {
                        const auto then = oracle.used(at, window_lengths[window]);
                        all = all && fits(messages[window], then.messages + 1) &&
                              fits(recipients[window], then.recipients + count);
                    }
                    return all;
                };
                ASSERT_TRUE(fits_at(now + decision.retry_after)) << "round " << i;
                ASSERT_FALSE(fits_at(now + decision.retry_after - 1us)) << "round " << i;
            }
        }
        if (decision.allowed && random() % 8 != 0) {
            decision.reservation.commit(now);
            oracle.add(now, count);
        }
    }
    EXPECT_GT(allowed, rounds / 50) << "the test must see both answers";
    if (longest_pause < 1h) {
        EXPECT_GT(refused, rounds / 50);
    }
}

TEST(Property, ExactBelowTheNumberOfEntries) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        run(seed, {"a", {7, 40, 300}, {20, 100, 500}}, 4000, 3min, true);
        run(seed, {"b", {20, {}, 400}, {{}, 150, {}}}, 4000, 5min, true);
    }
}

TEST(Property, AnUpperBoundWithinItsSlackBeyondIt) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        run(seed, {"c", {100, 1000, 5000}, {400, 3000, 15000}}, 20000, 60s, false);
        run(seed, {"d", {2000, {}, 6000}, {{}, 5000, {}}}, 20000, 20s, false);
    }
}

TEST(History, SumsAreThoseOfItsEntriesAndSizeIsBounded) {
    std::mt19937 random(3);
    for (int round = 0; round < 5; ++round) {
        History history;
        Oracle oracle;
        Time now = start;
        for (int i = 0; i < 30000; ++i) {
            now += Duration(random() % (round == 0 ? 100'000 : 20'000'000));
            history.advance(now);
            const std::uint32_t count = random() % 9;
            history.add(1, count);
            oracle.add(now, count);
            ASSERT_LE(history.entries(), Limiter::max_entries);
            if (i % 97 != 0) continue;
            for (std::size_t window = 0; window < 3; ++window) {
                const auto least = oracle.used(now, window_lengths[window]);
                const auto most = oracle.used(now, window_lengths[window] + slack[window]);
                ASSERT_GE(history.used(window).messages, least.messages);
                ASSERT_LE(history.used(window).messages, most.messages);
                ASSERT_GE(history.used(window).recipients, least.recipients);
                ASSERT_LE(history.used(window).recipients, most.recipients);
            }
        }
        history.advance(now + 25h);
        EXPECT_TRUE(history.empty());
        for (std::size_t window = 0; window < 3; ++window) {
            EXPECT_EQ(history.used(window).messages, 0u);
            EXPECT_EQ(history.used(window).recipients, 0u);
        }
    }
}

TEST(History, AnyClockKeepsItsSumsRight) {
    std::mt19937 random(5);
    History history;
    Time now = start;
    for (int i = 0; i < 50000; ++i) {
        const Duration step(static_cast<Duration::rep>(random() % 40'000'000));
        now = random() % 20 == 0 ? now - 100 * step : now + step;
        history.advance(now);
        history.add(1, 2);
        for (std::size_t window = 0; window < 3; ++window) {
            ASSERT_EQ(history.used(window).recipients, 2 * history.used(window).messages);
            ASSERT_GE(history.used(window).messages, 1u);
            if (window > 0) {
                ASSERT_GE(history.used(window).messages, history.used(window - 1).messages);
            }
        }
        ASSERT_LE(history.entries(), Limiter::max_entries);
    }
}

TEST(History, WhatLeftAWindowStaysOutWhenTheClockGoesBack) {
    History history;
    history.advance(start);
    history.add(1, 1);
    history.advance(start + 2min);
    history.advance(start -
                    1h); // the old entry now has the same time as the next one, but is no part of the minute
    history.add(1, 3);
    EXPECT_EQ(history.used(0).recipients, 3u);
    EXPECT_EQ(history.used(1).recipients, 4u);
    history.advance(start - 59min);
    EXPECT_EQ(history.used(0).recipients, 0u);
    history.advance(start);
    EXPECT_EQ(history.used(1).recipients, 0u);
}

} // namespace
} // namespace lazaret::limits
