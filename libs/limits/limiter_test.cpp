#include "limits/limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lazaret::limits {
namespace {

using namespace std::chrono_literals;
constexpr Time start{Duration(1'700'000'000'000'000)};

subscriber::Plan plan(subscriber::WindowLimits messages, subscriber::WindowLimits recipients = {}) {
    return {"test", messages, recipients};
}

/// One message with its recipients, all at once.
bool send(Limiter& limiter, const subscriber::Plan& plan, Time at, std::uint32_t recipients = 1,
          std::string_view key = "c1") {
    auto decision = limiter.reserve(key, plan, 1, recipients, at);
    decision.reservation.commit(at);
    return decision.allowed;
}

int sent(Limiter& limiter, const subscriber::Plan& plan, Time at, int attempts, std::string_view key = "c1") {
    int passed = 0;
    for (int i = 0; i < attempts; ++i)
        passed += send(limiter, plan, at, 1, key);
    return passed;
}

TEST(Limiter, LetsTheLimitPassAtOnceAndNoMore) {
    Limiter limiter;
    const auto ten = plan({10, {}, {}});
    EXPECT_EQ(sent(limiter, ten, start, 50), 10);
    EXPECT_EQ(sent(limiter, ten, start + 60s - 1us, 50), 0);
    EXPECT_EQ(sent(limiter, ten, start + 60s, 50), 10);
    EXPECT_EQ(sent(limiter, ten, start, 50, "c2"), 10) << "each key for itself";
}

TEST(Limiter, AllSixLimitsBindOnOneKey) {
    const std::vector<std::pair<subscriber::Plan, std::string_view>> plans{
        {plan({3, {}, {}}), "messages_per_minute"},     {plan({{}, 3, {}}), "messages_per_hour"},
        {plan({{}, {}, 3}), "messages_per_day"},        {plan({}, {3, {}, {}}), "recipients_per_minute"},
        {plan({}, {{}, 3, {}}), "recipients_per_hour"}, {plan({}, {{}, {}, 3}), "recipients_per_day"},
    };
    const std::array<Duration, 6> lengths{60s, 1h, 24h, 60s, 1h, 24h};
    for (std::size_t i = 0; i < plans.size(); ++i) {
        Limiter limiter;
        EXPECT_EQ(sent(limiter, plans[i].first, start, 3), 3);
        const auto refused = limiter.reserve("c1", plans[i].first, 1, 1, start + 10s);
        EXPECT_FALSE(refused.allowed);
        EXPECT_TRUE(refused.reservation.empty());
        EXPECT_EQ(refused.limit, plans[i].second);
        EXPECT_EQ(refused.retry_after, lengths[i] - 10s);
        EXPECT_EQ(sent(limiter, plans[i].first, start + lengths[i], 5), 3);
    }
    Limiter limiter;
    const auto both = plan({4, 6, {}}, {{}, {}, 7});
    EXPECT_EQ(sent(limiter, both, start, 9), 4);
    EXPECT_EQ(sent(limiter, both, start + 2min, 9), 2);
    EXPECT_EQ(sent(limiter, both, start + 2h, 9), 1);
    EXPECT_EQ(limiter.reserve("c1", both, 1, 1, start + 2h).limit, "recipients_per_day");
}

TEST(Limiter, NamesTheLimitThatHoldsForLongest) {
    Limiter limiter;
    const auto both = plan({2, 2, {}});
    sent(limiter, both, start, 2);
    const auto refused = limiter.reserve("c1", both, 1, 1, start);
    EXPECT_EQ(refused.limit, "messages_per_hour");
    EXPECT_EQ(refused.retry_after, 1h);
}

TEST(Limiter, RetryAfterIsTheFirstMomentThatFits) {
    Limiter limiter;
    const auto ten = plan({}, {10, {}, {}});
    EXPECT_TRUE(send(limiter, ten, start, 4));
    EXPECT_TRUE(send(limiter, ten, start + 20s, 6));
    auto refused = limiter.reserve("c1", ten, 1, 5, start + 30s);
    ASSERT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 50s) << "five fit only when the second message has left too";
    EXPECT_FALSE(limiter.reserve("c1", ten, 1, 5, start + 80s - 1us).allowed);
    EXPECT_TRUE(limiter.reserve("c1", ten, 1, 5, start + 80s).allowed);
}

TEST(Limiter, WhatCanNeverFitIsRefused) {
    Limiter limiter;
    const auto three = plan({}, {3, {}, {}});
    EXPECT_FALSE(limiter.reserve("c1", three, 1, 4, start).allowed);
    const auto none = plan({0, {}, {}});
    const auto refused = limiter.reserve("c1", none, 1, 1, start);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 60s);
}

TEST(Limiter, WithoutLimitsAllPasses) {
    Limiter limiter;
    EXPECT_EQ(sent(limiter, plan({}), start, 5000), 5000);
}

TEST(Limiter, AnEmptyKeyIsABug) {
    Limiter limiter;
    EXPECT_THROW((void)limiter.reserve("", plan({}), 1, 1, start), std::invalid_argument);
    EXPECT_THROW((void)limiter.usage("", plan({}), start), std::invalid_argument);
    Reservation none;
    EXPECT_THROW((void)limiter.extend(none, plan({}), 1, start), std::invalid_argument);
}

TEST(Limiter, AChangedPlanFindsTheHistory) {
    Limiter limiter;
    EXPECT_EQ(sent(limiter, plan({10, {}, {}}), start, 20), 10);
    EXPECT_EQ(sent(limiter, plan({15, {}, {}}), start + 1s, 20), 5);
    EXPECT_EQ(sent(limiter, plan({{}, 20, {}}), start + 2s, 20), 5)
        << "windows count before they are limited";
    EXPECT_EQ(sent(limiter, plan({12, {}, {}}), start + 3s, 20), 0);
}

TEST(Reservation, PendingCountsAsUsedUntilItIsGivenBack) {
    Limiter limiter;
    const auto two = plan({2, {}, {}}, {3, {}, {}});
    auto first = limiter.reserve("c1", two, 1, 1, start);
    auto second = limiter.reserve("c1", two, 1, 1, start);
    ASSERT_TRUE(first.allowed && second.allowed);
    auto third = limiter.reserve("c1", two, 1, 1, start);
    EXPECT_FALSE(third.allowed);
    EXPECT_EQ(third.retry_after, 60s) << "nothing relayed yet: the window's length at most";
    first.reservation.give_back();
    EXPECT_TRUE(first.reservation.empty());
    EXPECT_TRUE(limiter.reserve("c1", two, 1, 1, start).allowed) << "and that temporary went at once";
    { auto dropped = limiter.reserve("c1", two, 1, 1, start); }
    EXPECT_TRUE(limiter.reserve("c1", two, 1, 2, start).allowed);
    EXPECT_FALSE(limiter.reserve("c1", two, 1, 3, start).allowed) << "the second still holds one recipient";
}

TEST(Reservation, PendingNeverAges) {
    Limiter limiter;
    const auto one = plan({1, {}, {}});
    auto slow = limiter.reserve("c1", one, 1, 1, start);
    EXPECT_FALSE(send(limiter, one, start + 10min));
    slow.reservation.commit(start + 10min);
    EXPECT_FALSE(send(limiter, one, start + 11min - 1us)) << "it counts from the moment it was relayed";
    EXPECT_TRUE(send(limiter, one, start + 11min));
}

TEST(Reservation, GrowsByRecipientAndReleasesRefusedOnes) {
    Limiter limiter;
    const auto three = plan({}, {{}, 3, {}});
    auto decision = limiter.reserve("c1", three, 1, 1, start);
    auto& held = decision.reservation;
    EXPECT_TRUE(limiter.extend(held, three, 1, start).allowed);
    EXPECT_TRUE(limiter.extend(held, three, 1, start).allowed);
    const auto refused = limiter.extend(held, three, 1, start);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.limit, "recipients_per_hour");
    EXPECT_EQ(held.recipients(), 3u);
    held.release_recipient();
    EXPECT_EQ(held.recipients(), 2u);
    EXPECT_TRUE(limiter.extend(held, three, 1, start).allowed);
    held.release_recipients(99);
    EXPECT_EQ(held.recipients(), 0u);
    EXPECT_TRUE(limiter.extend(held, three, 2, start).allowed);
    held.commit(start);
    EXPECT_TRUE(held.empty());
    const auto usage = limiter.usage("c1", three, start);
    EXPECT_EQ(usage.windows[4].limit, "recipients_per_hour");
    EXPECT_EQ(usage.windows[4].used, 2u);
    EXPECT_EQ(usage.windows[4].max, 3u);
    EXPECT_EQ(usage.windows[0].used, 1u);
    EXPECT_EQ(usage.windows[0].max, std::nullopt);
    EXPECT_EQ(usage.pending_messages + usage.pending_recipients, 0u);
}

TEST(Reservation, MovesAndCommitsOnce) {
    Limiter limiter;
    const auto free = plan({});
    {
        auto decision = limiter.reserve("c1", free, 1, 2, start);
        Reservation held = std::move(decision.reservation);
        EXPECT_TRUE(decision.reservation.empty());
        auto other = limiter.reserve("c1", free, 1, 5, start);
        held = std::move(other.reservation); // the first two go back
        EXPECT_EQ(limiter.usage("c1", free, start).pending_recipients, 5u);
        held.commit(start);
        held.commit(start);
        held.give_back();
        held.release_recipient();
    }
    const auto usage = limiter.usage("c1", free, start);
    EXPECT_EQ(usage.windows[3].used, 5u);
    EXPECT_EQ(usage.pending_messages + usage.pending_recipients, 0u);
}

TEST(Limiter, InWarnModeTheExcessIsToldAndCounted) {
    Limiter limiter;
    const auto one = plan({1, {}, {}}, {1, {}, {}});
    auto first = limiter.reserve("c1", one, 1, 1, start, Excess::pass);
    EXPECT_TRUE(first.allowed);
    auto second = limiter.reserve("c1", one, 1, 1, start, Excess::pass);
    EXPECT_FALSE(second.allowed);
    EXPECT_FALSE(second.reservation.empty());
    EXPECT_FALSE(limiter.extend(second.reservation, one, 1, start, Excess::pass).allowed);
    second.reservation.commit(start);
    EXPECT_EQ(limiter.usage("c1", one, start).windows[3].used, 2u);
}

TEST(Limiter, ParallelSessionsCannotOvershoot) {
    constexpr std::uint32_t limit = 1000;
    Limiter limiter(4);
    const auto bound = plan({limit, {}, {}}, {{}, limit, {}});
    std::atomic<std::uint32_t> relayed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 3000; ++i) {
                auto decision = limiter.reserve("c1", bound, 1, 1, start + Duration(i));
                limiter.reserve("other" + std::to_string(i % 50), bound, 1, 1, start + Duration(i));
                if (!decision.allowed) continue;
                if ((i + t) % 3 == 0) continue; // given back
                ++relayed;
                decision.reservation.commit(start + Duration(i));
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(relayed, limit) << "and all of the limit could be used";
    const auto usage = limiter.usage("c1", bound, start + 3ms);
    EXPECT_EQ(usage.windows[0].used, limit);
    EXPECT_EQ(usage.windows[4].used, limit);
    EXPECT_EQ(usage.pending_messages, 0u);
}

TEST(Limiter, ForgetsIdleKeysOnly) {
    Limiter limiter(2);
    const auto free = plan({});
    for (int i = 0; i < 2000; ++i)
        send(limiter, free, start, 1, std::to_string(i));
    auto held = limiter.reserve("held", free, 0, 0, start); // even an empty reservation keeps its key
    send(limiter, free, start + 23h, 1, "late");
    EXPECT_EQ(limiter.keys(), 2002u);
    for (int i = 0; i < 20; ++i)
        limiter.sweep(start + 24h - 1us);
    EXPECT_EQ(limiter.keys(), 2002u);
    limiter.sweep(start + 24h);
    EXPECT_GE(limiter.keys(), 2002u - 512u) << "one sweep is a bounded piece of work";
    for (int i = 0; i < 20; ++i)
        limiter.sweep(start + 24h);
    EXPECT_EQ(limiter.keys(), 2u);
    held.reservation.commit(start + 24h);
    for (int i = 0; i < 3; ++i)
        limiter.sweep(start + 72h);
    EXPECT_EQ(limiter.keys(), 0u);
}

TEST(Limiter, BeyondItsKeysTheLeastRecentlyUsedGoes) {
    Limiter limiter(1, 100);
    const auto one = plan({{}, {}, 1});
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(send(limiter, one, start + Duration(i), 1, std::to_string(i)));
        EXPECT_EQ(send(limiter, one, start + Duration(i), 1, "busy"), i == 0);
    }
    EXPECT_EQ(limiter.keys(), 100u);
    EXPECT_TRUE(send(limiter, one, start + 1s, 1, "0"));
    EXPECT_FALSE(send(limiter, one, start + 1s, 1, "999"));
}

TEST(Limiter, AClockThatGoesBackFreesNothingEarlyAndLocksNobodyOut) {
    Limiter limiter;
    const auto ten = plan({10, {}, {}});
    EXPECT_EQ(sent(limiter, ten, start, 10), 10);
    EXPECT_EQ(sent(limiter, ten, start - 10us, 10), 0);
    EXPECT_EQ(sent(limiter, ten, start - 5h, 10), 0);
    EXPECT_EQ(sent(limiter, ten, start - 5h + 60s - 1us, 10), 0);
    EXPECT_EQ(sent(limiter, ten, start - 5h + 60s, 20), 10) << "a minute later by the corrected clock";
    limiter.sweep(start - 100h);
    EXPECT_EQ(limiter.keys(), 1u);
    EXPECT_EQ(sent(limiter, ten, start - 100h, 20), 0);
    EXPECT_EQ(sent(limiter, ten, start - 100h + 60s, 20), 10);
}

} // namespace
} // namespace lazaret::limits
