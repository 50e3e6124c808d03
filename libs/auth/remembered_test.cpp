#include "auth/remembered.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lazaret::auth {
namespace {

using namespace std::chrono_literals;
constexpr Time start{Duration(1'700'000'000'000'000)};

TEST(Remembered, KnowsExactlyWhatWasAdded) {
    Remembered memory(10min);
    EXPECT_FALSE(memory.knows("tim", "secret", "v1", start));
    memory.add("tim", "secret", "v1", start);
    EXPECT_TRUE(memory.knows("tim", "secret", "v1", start));
    EXPECT_FALSE(memory.knows("tim", "secreT", "v1", start));
    EXPECT_FALSE(memory.knows("tom", "secret", "v1", start));
    EXPECT_FALSE(memory.knows("tim", "secret", "v2", start)) << "a changed verifier is a changed password";
    EXPECT_FALSE(memory.knows("tims", "ecret", "v1", start)) << "parts must not run into each other";
    EXPECT_FALSE(memory.knows("tim", "secretv", "1", start));
}

TEST(Remembered, ForgetsAfterTheTimeAndIsNotProlonged) {
    Remembered memory(10min);
    memory.add("tim", "secret", "v", start);
    memory.add("tim", "secret", "v", start + 9min);
    EXPECT_TRUE(memory.knows("tim", "secret", "v", start + 10min - 1us));
    EXPECT_FALSE(memory.knows("tim", "secret", "v", start + 10min));
    memory.add("tim", "secret", "v", start + 11min);
    EXPECT_TRUE(memory.knows("tim", "secret", "v", start + 20min));
    EXPECT_EQ(memory.size(), 1u);
}

TEST(Remembered, AClockSetBackKeepsNothingAliveForLong) {
    Remembered memory(10min);
    memory.add("tim", "secret", "v", start);
    EXPECT_TRUE(memory.knows("tim", "secret", "v", start - 1s));
    EXPECT_FALSE(memory.knows("tim", "secret", "v", start - 2h));
    memory.add("tim", "secret", "v", start - 2h);
    EXPECT_TRUE(memory.knows("tim", "secret", "v", start - 2h));
    EXPECT_EQ(memory.size(), 1u);
}

TEST(Remembered, ZeroRemembersNothing) {
    Remembered memory(0s);
    memory.add("tim", "secret", "v", start);
    EXPECT_FALSE(memory.knows("tim", "secret", "v", start));
    EXPECT_EQ(memory.size(), 0u);
}

TEST(Remembered, IsBoundedAndDropsTheOldest) {
    Remembered memory(10min, 1600);
    for (int i = 0; i < 10000; ++i)
        memory.add("user" + std::to_string(i), "p", "v", start + Duration(i));
    EXPECT_LE(memory.size(), 1600u);
    EXPECT_GE(memory.size(), 1500u);
    EXPECT_FALSE(memory.knows("user0", "p", "v", start + 1s));
    EXPECT_TRUE(memory.knows("user9999", "p", "v", start + 1s));
}

TEST(Remembered, MayBeUsedFromManyThreads) {
    Remembered memory(10min, 1000);
    std::atomic<int> unknown = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 2000; ++i) {
                const auto login = std::to_string(t) + "-" + std::to_string(i);
                memory.add(login, "p", "v", start);
                memory.knows(std::to_string((t + 1) % 4) + "-" + std::to_string(i), "p", "v", start);
                unknown += memory.knows(login, "wrong", "v", start);
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(unknown, 0);
    EXPECT_LE(memory.size(), 1000u);
}

} // namespace
} // namespace lazaret::auth
