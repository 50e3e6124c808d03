#include "submission/hourly_quota.hpp"

#include <gtest/gtest.h>

namespace lazaret::submission {
namespace {

using namespace std::chrono_literals;

const Time noon = parse_rfc3339("2026-11-21T12:00:00Z").value();

TEST(HourlyQuota, binds_each_and_all_within_an_hour) {
    HourlyQuota quota;
    EXPECT_TRUE(quota.take("a", 2, 3, noon));
    EXPECT_TRUE(quota.take("a", 2, 3, noon + 1min));
    EXPECT_FALSE(quota.take("a", 2, 3, noon + 2min));
    EXPECT_TRUE(quota.take("b", 2, 3, noon + 2min));
    EXPECT_FALSE(quota.take("c", 2, 3, noon + 59min)) << "three are all there are";
    EXPECT_TRUE(quota.take("c", 2, 4, noon + 59min)) << "a bound may change";
    EXPECT_TRUE(quota.take("a", 2, 3, noon + 60min)) << "the next hour";
    EXPECT_TRUE(quota.take("a", 2, 3, noon)) << "a clock set back begins another";
}

TEST(HourlyQuota, zero_is_never) {
    HourlyQuota quota;
    EXPECT_FALSE(quota.take("a", 0, 3, noon));
    EXPECT_FALSE(quota.take("a", 2, 0, noon));
}

} // namespace
} // namespace lazaret::submission
