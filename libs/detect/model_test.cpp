// The parts that a state is made of: threshold, shares, sketches, seasons, and what is no state.

#include "detect/event_fixture.hpp"
#include "detect/season.hpp"
#include "detect/share.hpp"
#include "detect/sketch.hpp"
#include "detect/state.hpp"
#include "detect/threshold.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace lazaret::detect {
namespace {

using namespace test;

TEST(State, refuses_what_is_not_a_state) {
    for (const char* text :
         {"", "{}", "[]", "nonsense", R"({"v":1,"last":1,"messages":1})", R"({"v":3,"last":"x"})",
          R"({"v":3,"last":1,"messages":1,"recipients":["a"]})", R"({"v":3,"last":1,"messages":1,"season":"AAAA"})"})
        EXPECT_FALSE(from_json(text)) << text;
    EXPECT_TRUE(from_json(R"({"v":3,"last":1,"messages":1})"));
}

TEST(Threshold, keeps_the_wanted_rate) {
    for (double rate : {0.0001, 0.01, 1.0})
        EXPECT_NEAR(std::exp(-threshold_for(rate, 6h)) * looks_per_year(6h), rate, rate * 1e-6);
    EXPECT_GT(threshold_for(0.01, 1h), threshold_for(0.01, 6h));
}

TEST(Share, the_likelihood_of_a_sequence_adds_up_to_one_and_its_ratio_is_fair) {
    const Law honest = Law::around(0.1, 5), bot(2, 1);
    double sum = 0, mean = 0;
    for (int hits = 0; hits <= 10; ++hits) {
        const double ways = std::exp(std::lgamma(11) - std::lgamma(hits + 1) - std::lgamma(11 - hits));
        const double chance = ways * std::exp(log_likelihood(Share(hits, 10), honest));
        sum += chance;
        mean += chance * std::exp(shown_with(0.4, log_likelihood(Share(hits, 10), bot) -
                                                      log_likelihood(Share(hits, 10), honest)));
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_NEAR(mean, 1, 1e-6) << "the mean ratio under honesty, on which the threshold rests";
}

TEST(Sketch, knows_what_it_met_and_its_own_error) {
    std::mt19937_64 random(5);
    Acquaintances<704> seen;
    std::vector<std::uint64_t> met;
    for (int i = 0; i < 100; ++i) {
        met.push_back(random());
        seen.meet(met.back());
    }
    seen.end_day(true);
    for (auto hash : met)
        EXPECT_TRUE(seen.knows(hash));
    int wrong = 0;
    for (int i = 0; i < 10'000; ++i)
        wrong += seen.knows(random());
    EXPECT_NEAR(wrong / 10'000.0, seen.error(), 0.02);
    seen.meet(1);
    seen.end_day(false);
    EXPECT_FALSE(seen.knows(1)) << "an untrusted day is forgotten";
}

TEST(Season, learns_an_hour_of_the_week_in_weeks_and_no_spike_at_once) {
    Season season;
    const auto monday = Season::hour_of(start);
    EXPECT_EQ(monday, 8u);
    season.learn(monday, 100'000);
    EXPECT_LE(season.usual(monday), 3);
    for (int week = 0; week < 8; ++week)
        season.learn(monday, 100);
    EXPECT_NEAR(season.usual(monday), 127, 1);
    EXPECT_NEAR(season.usual(monday + 1), 127, 1) << "an hour beside it is as good";
    EXPECT_EQ(season.usual(monday + 2), 0);
    for (int week = 0; week < 20; ++week)
        season.learn(monday, 0);
    EXPECT_EQ(season.usual(monday), 0);
}

} // namespace
} // namespace lazaret::detect
