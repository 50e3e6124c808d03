#include "scan/breaker.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

class BreakerTest : public ::testing::Test {
  protected:
    Breaker breaker{3, 5s};
    Breaker::TimePoint now{1000h};

    void fail(int times) {
        for (int i = 0; i < times; ++i) {
            EXPECT_TRUE(breaker.allow(now));
            breaker.failed(now);
        }
    }
};

TEST_F(BreakerTest, OpensWithTheLastOfSoManyFailures) {
    fail(2);
    EXPECT_EQ(breaker.state(), State::closed);
    fail(1);
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now + 5s - 1us));
}

TEST_F(BreakerTest, OnlyFailuresInARowCount) {
    fail(2);
    breaker.succeeded();
    fail(2);
    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_EQ(breaker.failures(), 2u);
}

TEST_F(BreakerTest, LetsOneProbeThroughPerInterval) {
    fail(3);
    now += 5s;
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_EQ(breaker.state(), State::probing);
    EXPECT_FALSE(breaker.allow(now));
    now += 1s;
    breaker.failed(now); // the interval begins again
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(now + 5s - 1us));
    EXPECT_TRUE(breaker.allow(now + 5s));
}

TEST_F(BreakerTest, OneSuccessCloses) {
    fail(3);
    now += 5s;
    EXPECT_TRUE(breaker.allow(now));
    breaker.succeeded();
    EXPECT_EQ(breaker.state(), State::closed);
    fail(2); // and it counts from the beginning
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST_F(BreakerTest, AProbeThatNeverReportsIsGivenUp) {
    fail(3);
    now += 5s;
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now + 4s));
    EXPECT_TRUE(breaker.allow(now + 5s));
}

TEST_F(BreakerTest, LateFailuresDoNotPutOffTheProbe) {
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(breaker.allow(now));
    for (int i = 0; i < 3; ++i)
        breaker.failed(now);
    breaker.failed(now + 4s);
    breaker.failed(now + 4s);
    EXPECT_TRUE(breaker.allow(now + 5s));
}

} // namespace
} // namespace lazaret::scan
