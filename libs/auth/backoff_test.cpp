#include "auth/backoff.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

using namespace std::chrono_literals;
constexpr Time start{Duration(1'700'000'000'000'000)};
constexpr Duration cap = 15min;

Backoff::Attempt by(const char* client, const char* account, bool trusted = false) {
    return Backoff::Attempt(*IpAddress::parse(client), account, trusted);
}

struct BackoffTest : testing::Test {
    Backoff backoff{"key", cap, 1024};
    Time now = start;
    int guess = 0;

    bool free(const char* client, const char* account, bool trusted = false) {
        return backoff.wait(by(client, account, trusted), now) == Duration::zero();
    }
    void fail(const char* client, const char* account, int times = 1, bool trusted = false) {
        for (int i = 0; i < times; ++i)
            backoff.failed(by(client, account, trusted), std::to_string(++guess), now);
    }
    std::string address(int i) { return "10." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250) + ".1"; }
};

TEST_F(BackoffTest, AFewErrorsAreFree) {
    fail("192.0.2.1", "tim", 4);
    EXPECT_TRUE(free("192.0.2.1", "tim"));
    EXPECT_TRUE(free("198.51.100.1", "tim"));
}

TEST_F(BackoffTest, ThePauseDoublesUpToTheCap) {
    Duration last{};
    for (int i = 0; i < 40; ++i) {
        fail("192.0.2.1", "tim");
        const auto wait = backoff.wait(by("192.0.2.1", "tim"), now);
        EXPECT_GE(wait, last);
        EXPECT_LE(wait, cap);
        last = wait;
    }
    EXPECT_EQ(last, cap);
    now += cap;
    EXPECT_TRUE(free("192.0.2.1", "tim")) << "one more attempt is looked at";
    fail("192.0.2.1", "tim");
    EXPECT_FALSE(free("192.0.2.1", "tim"));
}

TEST_F(BackoffTest, ErrorsAreForgotten) {
    fail("192.0.2.1", "tim", 40);
    now += 6h;
    fail("192.0.2.1", "tim");
    EXPECT_TRUE(free("192.0.2.1", "tim"));
}

TEST_F(BackoffTest, AnAddressThatTriesManyAccountsHasToWait) {
    for (int i = 0; i < 24; ++i)
        fail("192.0.2.1", ("user" + std::to_string(i)).c_str());
    EXPECT_FALSE(free("192.0.2.1", "tim"));
    EXPECT_TRUE(free("198.51.100.1", "tim"));
    EXPECT_TRUE(free("192.0.2.2", "tim")) << "its network is more patient";
}

TEST_F(BackoffTest, ANetworkThatTriesManyAccountsHasToWait) {
    for (int i = 0; i < 40; ++i)
        fail(("192.0.2." + std::to_string(i)).c_str(), ("user" + std::to_string(i)).c_str());
    EXPECT_FALSE(free("192.0.2.99", "tim"));
    EXPECT_TRUE(free("192.0.3.99", "tim"));
    for (int i = 0; i < 40; ++i)
        fail(("2001:db8::" + std::to_string(i)).c_str(), ("user" + std::to_string(i)).c_str());
    EXPECT_FALSE(free("2001:db8::ffff", "tim"));
    EXPECT_TRUE(free("2001:db8:0:1::1", "tim"));
}

TEST_F(BackoffTest, AnAccountTriedFromEverywhereHasToWait) {
    for (int i = 0; i < 30; ++i)
        fail(address(i).c_str(), "tim");
    EXPECT_FALSE(free("203.0.113.9", "tim"));
    EXPECT_TRUE(free("203.0.113.9", "tom"));
}

TEST_F(BackoffTest, ItsOwnerIsNotLockedOut) {
    backoff.succeeded(by("203.0.113.9", "tim"), now);
    for (int i = 0; i < 300; ++i)
        fail(address(i).c_str(), "tim");
    EXPECT_FALSE(free("198.51.100.1", "tim"));
    EXPECT_TRUE(free("203.0.113.9", "tim"));
    EXPECT_TRUE(free("203.0.113.10", "tim")) << "tomorrow's address of the same line";
    now += std::chrono::hours(24 * 8);
    for (int i = 0; i < 30; ++i)
        fail(address(i).c_str(), "tim");
    EXPECT_FALSE(free("203.0.113.9", "tim")) << "that was long ago";
}

TEST_F(BackoffTest, NorByANeighbourBehindTheSameAddress) {
    backoff.succeeded(by("203.0.113.9", "tim"), now);
    for (int i = 0; i < 60; ++i)
        fail("203.0.113.9", ("user" + std::to_string(i)).c_str());
    EXPECT_FALSE(free("203.0.113.9", "tom"));
    EXPECT_TRUE(free("203.0.113.9", "tim"));
}

TEST_F(BackoffTest, WhoseAddressIsKnownMayNotGuessForEverEither) {
    backoff.succeeded(by("203.0.113.9", "tim"), now);
    fail("203.0.113.9", "tim", 24);
    EXPECT_FALSE(free("203.0.113.9", "tim"));
}

TEST_F(BackoffTest, ASuccessTakesBackItsOwnErrors) {
    fail("192.0.2.1", "tim", 8);
    backoff.succeeded(by("192.0.2.1", "tim"), now);
    fail("192.0.2.1", "tom", 8);
    fail("192.0.2.1", "tam", 6);
    EXPECT_TRUE(free("192.0.2.1", "ursel")) << "fourteen, not twenty-two";
    fail("192.0.2.1", "tum", 4);
    EXPECT_FALSE(free("192.0.2.1", "ursel"));
}

TEST_F(BackoffTest, ASuccessTakesBackNothingElse) {
    for (int i = 0; i < 30; ++i) {
        fail("192.0.2.1", ("user" + std::to_string(i)).c_str());
        backoff.succeeded(by("192.0.2.1", "mallory"), now);
    }
    EXPECT_FALSE(free("192.0.2.1", "tim"));
    EXPECT_TRUE(free("192.0.2.1", "mallory"));
}

TEST_F(BackoffTest, TheSameWrongPasswordCountsOnce) {
    for (int i = 0; i < 100; ++i)
        backoff.failed(by("192.0.2.1", "tim"), "old password", now);
    EXPECT_TRUE(free("192.0.2.1", "tim"));
    for (int i = 0; i < 100; ++i)
        backoff.failed(by("192.0.2.1", "tim"), "", now);
    EXPECT_FALSE(free("192.0.2.1", "tim")) << "where the password is not shown, each counts";
}

TEST_F(BackoffTest, AWebmailIsNoSingleClient) {
    for (int i = 0; i < 300; ++i)
        fail("192.0.2.1", ("user" + std::to_string(i)).c_str(), 1, true);
    EXPECT_TRUE(free("192.0.2.1", "tim", true));
    EXPECT_TRUE(free("192.0.2.2", "tim")) << "nor does its network suffer";
    fail("192.0.2.1", "tim", 20, true);
    EXPECT_FALSE(free("192.0.2.1", "tim", true)) << "but an account it is";
}

TEST_F(BackoffTest, AClockSetBackHoldsNobodyLonger) {
    fail("192.0.2.1", "tim", 40);
    now -= 24h;
    EXPECT_LE(backoff.wait(by("192.0.2.1", "tim"), now), cap);
    fail("192.0.2.1", "tim");
    now += cap;
    EXPECT_TRUE(free("192.0.2.1", "tim"));
}

TEST_F(BackoffTest, ZeroIsOff) {
    Backoff off("key", Duration::zero());
    for (int i = 0; i < 100; ++i)
        off.failed(by("192.0.2.1", "tim"), std::to_string(i), now);
    EXPECT_EQ(off.wait(by("192.0.2.1", "tim"), now), Duration::zero());
}

TEST_F(BackoffTest, AFloodDoesNotWashOutTheWorst) {
    fail("192.0.2.1", "tim", 40);
    for (int i = 0; i < 50'000; ++i)
        fail(address(i).c_str(), std::to_string(i).c_str());
    EXPECT_FALSE(free("192.0.2.1", "tim"));
}

TEST(BoundedTable, KeepsItsSizeAndTheMostWorth) {
    struct Entry {
        std::uint64_t key = 0;
        int worth = 0;
    };
    BoundedTable<Entry> table(64);
    const auto worth = [](const Entry& e) { return e.worth; };
    table.place(7, worth).worth = 1000;
    for (std::uint64_t key = 1000; key < 100'000; ++key)
        table.place(key, worth).worth = 1;
    ASSERT_NE(table.find(7), nullptr);
    EXPECT_EQ(table.find(7)->worth, 1000);
    EXPECT_EQ(table.capacity(), 64u);
    EXPECT_EQ(table.find(8), nullptr);
}

} // namespace
} // namespace lazaret::auth
