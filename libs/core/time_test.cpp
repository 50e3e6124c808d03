#include "core/time.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret {
namespace {

Time at(std::int64_t micros) {
    return Time(Duration(micros));
}

TEST(Time, FormatsRfc3339InUtcWithSixDigits) {
    EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_rfc3339(at(1795257720'123456)), "2026-11-21T10:42:00.123456Z");
    EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, NeverNeedsAFifthDigitForTheYear) {
    EXPECT_EQ(format_rfc3339(Time::max()), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_rfc3339(Time::min()), "0000-01-01T00:00:00.000000Z");
}

TEST(Time, ReadsRfc3339WithOffsetsAndFractions) {
    const Time plain = at(1795257720'000000);
    for (const char* text :
         {"2026-11-21T10:42:00Z", "2026-11-21t10:42:00z", "2026-11-21 10:42:00.0Z",
          "2026-11-21T12:12:00+01:30", "2026-11-21T09:42:00-01:00", "2026-11-21T10:42:00-00:00"}) {
        const auto read = parse_rfc3339(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(*read, plain) << text;
    }
    EXPECT_EQ(*parse_rfc3339("2026-11-21T10:42:00.5Z"), plain + Duration(500'000));
    EXPECT_EQ(*parse_rfc3339("2026-11-21T10:42:00.000001Z"), plain + Duration(1));
    EXPECT_EQ(*parse_rfc3339("2016-12-31T23:59:60Z"), *parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Time, RefusesWhatIsNoTime) {
    for (const char* text : {"",
                             "2026",
                             "2026-11-21",
                             "2026-11-21T10:42:00",
                             "2026-11-21T10:42Z",
                             "2026-02-29T00:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-11-21T24:00:00Z",
                             "2026-11-21T10:60:00Z",
                             "2026-11-21T10:42:61Z",
                             "2026-11-21T10:42:00.Z",
                             "2026-11-21T10:42:00.1234567Z",
                             "2026-11-21T10:42:00ZZ",
                             "2026-11-21T10:42:00+24:00",
                             "2026-11-21T10:42:00+0100",
                             "2026-11-21T10:42:00+01:60",
                             "-026-11-21T10:42:00Z",
                             "+026-11-21T10:42:00Z",
                             "0000-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "2026-11-21X10:42:00Z",
                             " 2026-11-21T10:42:00Z"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Time, Rfc3339RoundTripsOverAllItsRange) {
    std::mt19937_64 random(1);
    const std::int64_t low = parse_rfc3339("0000-01-01T00:00:00Z")->time_since_epoch().count();
    const std::int64_t high = parse_rfc3339("9999-12-31T23:59:59.999999Z")->time_since_epoch().count();
    std::uniform_int_distribution<std::int64_t> any(low, high);
    for (int i = 0; i < 5000; ++i) {
        const Time time = at(any(random));
        const auto read = parse_rfc3339(format_rfc3339(time));
        ASSERT_TRUE(read);
        ASSERT_EQ(*read, time) << format_rfc3339(time);
    }
}

TEST(Time, FormatsRfc5322) {
    EXPECT_EQ(format_rfc5322(at(1795257720'999999)), "Sat, 21 Nov 2026 10:42:00 +0000");
    EXPECT_EQ(format_rfc5322(at(0)), "Thu, 1 Jan 1970 00:00:00 +0000");
}

TEST(Time, ReadsDurations) {
    EXPECT_EQ(*parse_duration("500ms"), std::chrono::milliseconds(500));
    EXPECT_EQ(*parse_duration("30s"), std::chrono::seconds(30));
    EXPECT_EQ(*parse_duration("5m"), std::chrono::minutes(5));
    EXPECT_EQ(*parse_duration("2h"), std::chrono::hours(2));
    EXPECT_EQ(*parse_duration("1d"), std::chrono::days(1));
    EXPECT_EQ(*parse_duration("0s"), Duration(0));
    for (const char* text : {"", "5", "s", "-5s", "5 s", "5S", "1h30m", "1.5h", "5sec", "106751992d", "+5s",
                             "99999999999999999999s"})
        EXPECT_FALSE(parse_duration(text)) << text;
    EXPECT_TRUE(parse_duration("106751991d"));
}

TEST(Time, FormatsDurationsInTheLargestUnitThatFits) {
    EXPECT_EQ(format_duration(Duration(0)), "0s");
    EXPECT_EQ(format_duration(std::chrono::seconds(90)), "90s");
    EXPECT_EQ(format_duration(std::chrono::minutes(120)), "2h");
    EXPECT_EQ(format_duration(std::chrono::hours(48)), "2d");
    EXPECT_EQ(format_duration(std::chrono::milliseconds(1500)), "1500ms");
    for (const std::int64_t micros : {1LL, 1500LL, 60'000'000LL, 86'400'000'001LL, 7 * 86'400'000'000LL})
        EXPECT_EQ(*parse_duration(format_duration(Duration(micros))), Duration(micros));
}

} // namespace
} // namespace lazaret
