#include "core/coalesced.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lazaret {
namespace {

using namespace std::chrono_literals;
using Words = Coalesced<std::string, std::string>;
constexpr Time begun{std::chrono::hours(480'000)};

TEST(Coalesced, TheFirstSinglyTheRestAsACount) {
    Words words;
    unsigned singly = 0, samples = 0;
    for (int i = 0; i < 100; ++i)
        singly += words.add("a", begun + i * 100ms, [&](bool is_shared) {
            EXPECT_FALSE(is_shared);
            return "sample " + std::to_string(++samples);
        });
    EXPECT_EQ(singly, Words::singly);
    EXPECT_EQ(samples, 1u);
    EXPECT_TRUE(words.due(begun + 59s).empty());
    const auto due = words.due(begun + 60s);
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].sample, "sample 1");
    EXPECT_EQ(due[0].times, 100 - Words::singly);
    EXPECT_TRUE(words.due(begun + 120s).empty());
}

TEST(Coalesced, AtTheEndNothingIsWaitedFor) {
    Words words;
    for (int i = 0; i < 7; ++i) words.add("a", begun, [](bool) { return ""; });
    EXPECT_TRUE(words.due(begun + 1s).empty());
    const auto due = words.due(begun + 1s, true);
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].times, 2u);
}

TEST(Coalesced, ManyKeysShareACount) {
    Words words;
    std::uint64_t singly = 0, counted = 0;
    for (int i = 1; i <= 25'000; ++i)
        singly += words.add(std::to_string(i), begun, [](bool is_shared) { return std::string(is_shared ? "shared" : "own"); });
    for (const auto& count : words.due(begun + 60s)) {
        EXPECT_EQ(count.sample, "shared");
        counted += count.times;
    }
    EXPECT_EQ(singly, Words::most_keys);
    EXPECT_EQ(singly + counted, 25'000u);
}

} // namespace
} // namespace lazaret
