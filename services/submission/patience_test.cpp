#include "submission/patience.hpp"

#include <gtest/gtest.h>

namespace lazaret::submission {
namespace {

using namespace std::chrono_literals;

IpAddress client(std::uint32_t number) {
    return IpAddress::from_v4(number);
}

TEST(Patience, RemembersForAnHour) {
    Patience patience;
    const Time start(1000s);
    EXPECT_FALSE(patience.known(client(1), start));
    patience.waited(client(1), start);
    EXPECT_TRUE(patience.known(client(1), start + 59min));
    EXPECT_FALSE(patience.known(client(1), start + 60min));
    EXPECT_FALSE(patience.known(client(2), start));
    patience.waited(client(1), start + 60min);
    EXPECT_TRUE(patience.known(client(1), start + 90min));
}

TEST(Patience, TalkingEarlyLosesTheGoodName) {
    Patience patience;
    patience.waited(client(1), Time(1s));
    patience.talked_early(client(1));
    EXPECT_FALSE(patience.known(client(1), Time(2s)));
}

TEST(Patience, HoldsNoMoreThanItsRoomAndForgetsTheEldest) {
    Patience patience(100);
    for (std::uint32_t i = 0; i < 10000; ++i) {
        patience.waited(client(i), Time(1s));
        ASSERT_LE(patience.size(), 102U);
    }
    EXPECT_TRUE(patience.known(client(9999), Time(2s)));
    EXPECT_FALSE(patience.known(client(0), Time(2s)));
}

TEST(Patience, AClientThatComesBackTakesOnePlaceOnly) {
    Patience patience(100);
    for (int i = 0; i < 1000; ++i) patience.waited(client(7), Time(std::chrono::seconds(i)));
    EXPECT_EQ(patience.size(), 1U);
}

} // namespace
} // namespace lazaret::submission
