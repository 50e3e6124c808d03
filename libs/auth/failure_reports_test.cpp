#include "auth/failure_reports.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

using namespace std::chrono_literals;
constexpr Time start{Duration(1'700'000'000'000'000)};
const IpAddress client = *IpAddress::parse("192.0.2.1");

TEST(FailureReports, TheFirstSinglyTheRestAsACount) {
    FailureReports reports;
    int singly = 0;
    for (int i = 0; i < 100; ++i)
        singly += reports.add(client, "tim", "submission", "", start + i * 100ms);
    EXPECT_EQ(singly, 5);
    EXPECT_TRUE(reports.add(client, "tom", "submission", "", start));
    EXPECT_TRUE(reports.add(client, "tim", "submission", "backoff", start));
    EXPECT_TRUE(reports.due(start + 59s).empty());
    const auto due = reports.due(start + 60s);
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].client, client);
    EXPECT_EQ(due[0].account, "tim");
    EXPECT_EQ(due[0].listener, "submission");
    EXPECT_EQ(due[0].attempts, 95u);
    EXPECT_TRUE(reports.due(start + 200s).empty());
    EXPECT_TRUE(reports.add(client, "tim", "submission", "", start + 61s)) << "a new minute";
}

TEST(FailureReports, AFloodOfNamesLosesNames_NotCounts) {
    FailureReports reports;
    std::uint64_t told = 0;
    constexpr int attempts = 30'000;
    for (int i = 0; i < attempts; ++i)
        told += reports.add(client, std::to_string(i), "submissions", "", start);
    EXPECT_LE(told, 10'000u);
    std::uint64_t counted = 0;
    for (const auto& count : reports.due(start + 60s)) {
        counted += count.attempts;
        EXPECT_TRUE(count.account.empty());
    }
    EXPECT_EQ(told + counted, attempts);
}

TEST(FailureReports, AClockSetBackEndsTheMinute) {
    FailureReports reports;
    for (int i = 0; i < 7; ++i)
        reports.add(client, "tim", "submission", "", start);
    EXPECT_EQ(reports.due(start - 1h).size(), 1u);
}

} // namespace
} // namespace lazaret::auth
