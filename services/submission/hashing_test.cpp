#include "submission/hashing.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <atomic>
#include <list>
#include <thread>
#include <type_traits>
#include <vector>

namespace lazaret::submission {
namespace {

static_assert(!std::is_copy_constructible_v<Hashing::Place>);

const IpAddress ann = IpAddress::from_v4(0xC0000201), bob = IpAddress::from_v4(0xC0000202);

class Queue : public testing::Test {
  protected:
    /// Places that one client gets, one after the other, until there is none.
    std::size_t enter_all(const IpAddress& client, std::uint32_t bound, std::uint32_t share) {
        std::size_t got = 0;
        for (;; ++got) {
            auto place = hashing.enter(client, bound, share);
            if (!place) return got;
            held.push_back(std::move(place));
        }
    }
    Hashing hashing{1};
    std::list<Hashing::Place> held; ///< a list: a Place cannot be assigned to
};

TEST_F(Queue, IsBoundedInAll) {
    EXPECT_EQ(enter_all(ann, 5, 5), 5u);
    EXPECT_EQ(enter_all(bob, 5, 5), 0u);
    EXPECT_EQ(enter_all(bob, 6, 5), 1u) << "the bound may have been raised by a reload";
    EXPECT_EQ(enter_all(bob, 3, 5), 0u);
    EXPECT_EQ(hashing.checks(), 6u);
    held.clear();
    EXPECT_EQ(hashing.checks(), 0u);
}

TEST_F(Queue, NobodyGetsMoreThanItsShare) {
    EXPECT_EQ(enter_all(ann, 8, 2), 2u);
    EXPECT_EQ(enter_all(bob, 8, 3), 3u);
    EXPECT_EQ(enter_all(ann, 8, 3), 1u);
    EXPECT_EQ(enter_all(ann, 8, 3), 0u);
    EXPECT_EQ(enter_all(bob, 8, 8), 2u);
}

TEST_F(Queue, PlacesComeBack) {
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(enter_all(ann, 4, 4), 4u);
        held.pop_front();
        held.pop_back();
        EXPECT_EQ(enter_all(ann, 4, 4), 2u);
        held.clear();
    }
    EXPECT_EQ(enter_all(ann, 4, 1), 1u);
    held.clear();
    EXPECT_EQ(enter_all(bob, 4, 4), 4u);
}

TEST_F(Queue, APlaceThatWasNotHadGivesNothingBack) {
    EXPECT_EQ(enter_all(ann, 1, 1), 1u);
    { const auto none = hashing.enter(ann, 1, 1); }
    { const auto none = hashing.enter(bob, 1, 1); }
    EXPECT_EQ(enter_all(bob, 2, 2), 1u) << "one is still held";
}

TEST_F(Queue, APlaceThatMovesIsGivenBackOnce) {
    {
        auto first = hashing.enter(ann, 2, 2);
        const auto second = std::move(first);
        EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move)
        EXPECT_TRUE(second);
        EXPECT_EQ(enter_all(bob, 2, 2), 1u);
    }
    EXPECT_EQ(enter_all(ann, 2, 2), 1u);
    held.clear();
    EXPECT_EQ(enter_all(bob, 2, 2), 2u);
}

TEST_F(Queue, HoldsForThreadsAtOnce) {
    constexpr std::uint32_t bound = 5, share = 3;
    std::atomic<int> inside{0}, with_ann{0};
    std::atomic<bool> overrun{false};
    std::vector<std::jthread> sessions;
    for (int i = 0; i < 4; ++i) {
        sessions.emplace_back([&, mine = i % 2 ? ann : bob] {
            for (int round = 0; round < 3000; ++round) {
                const auto first = hashing.enter(mine, bound, share), second = hashing.enter(mine, bound, share);
                const int held_here = (first ? 1 : 0) + (second ? 1 : 0);
                if ((inside += held_here) > static_cast<int>(bound)) overrun = true;
                if (mine == ann && (with_ann += held_here) > static_cast<int>(share)) overrun = true;
                inside -= held_here;
                if (mine == ann) with_ann -= held_here;
            }
        });
    }
    sessions.clear();
    EXPECT_FALSE(overrun);
    EXPECT_EQ(enter_all(ann, bound, bound), bound) << "all came back";
}

TEST(HashingThreads, EndBeforeWhatTheyUse) {
    std::atomic<int> done{0};
    {
        Hashing hashing(2);
        for (int i = 0; i < 20; ++i) {
            boost::asio::post(hashing.pool(), [&hashing, &done] {
                const auto place = hashing.enter(ann, 100, 100);
                if (place) ++done;
            });
        }
        hashing.pool().join();
    }
    EXPECT_EQ(done, 20);
}

} // namespace
} // namespace lazaret::submission
