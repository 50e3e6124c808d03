#include "limits/share.hpp"

#include "limits/limiter.hpp"

#include <gtest/gtest.h>

namespace lazaret::limits {
namespace {

using namespace std::chrono_literals;

subscriber::Plan plan() {
    subscriber::Plan plan;
    plan.name = "small";
    plan.messages.per_minute = 2;
    plan.messages.per_hour = 10;
    plan.recipients.per_day = 99;
    return plan;
}

TEST(Share, of_each_limit_rounded_down_and_never_none) {
    const auto quarter = share_of(plan(), 0.25);
    EXPECT_EQ(quarter.name, "small");
    EXPECT_EQ(quarter.messages.per_minute, 1u);
    EXPECT_EQ(quarter.messages.per_hour, 2u);
    EXPECT_EQ(quarter.recipients.per_day, 24u);
    EXPECT_EQ(quarter.messages.per_day, std::nullopt);
    EXPECT_EQ(share_of(plan(), 1), plan());
    auto largest = plan();
    largest.messages.per_day = 4'294'967'295u;
    EXPECT_EQ(share_of(largest, 1), largest);
}

TEST(Share, binds_exactly) {
    Limiter limiter;
    Time now = parse_rfc3339("2026-11-21T12:00:00Z").value();
    auto wide = plan();
    wide.messages.per_minute = 1000;
    const auto quarter = share_of(wide, 0.25); // two an hour
    int passed = 0;
    for (int second = 0; second < 7200; ++second, now += 1s) {
        auto decision = limiter.reserve("a", quarter, 1, 1, now);
        if (!decision.allowed) continue;
        decision.reservation.commit(now);
        ++passed;
    }
    EXPECT_EQ(passed, 4) << "two in each of two hours";
}

} // namespace
} // namespace lazaret::limits
