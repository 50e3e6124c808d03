// What comes with messages: recipients, domains, octets.

#include "detect/amounts.hpp"

#include "detect/detector.hpp"
#include "detect/event_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lazaret::detect {
namespace {

using namespace test;

event::Event letter(Time at, int recipients, int domains, std::uint64_t size) {
    event::Event e = relayed(at, 1);
    e.recipients.clear();
    for (int i = 0; i < recipients; ++i)
        e.recipients.emplace_back(mixed(static_cast<std::uint64_t>(i)), "d" + std::to_string(i % domains) + ".example");
    e.size = size;
    return e;
}

TEST(Amounts, an_hour_is_measured_in_usual_messages) {
    Amounts amounts;
    amounts.take(letter(start, 40, 3, 1'000'000));
    EXPECT_DOUBLE_EQ(amounts.in_messages(Amount::recipients), 20) << "a letter to two surprises nobody";
    EXPECT_DOUBLE_EQ(amounts.in_messages(Amount::domains), 1.5);
    EXPECT_DOUBLE_EQ(amounts.in_messages(Amount::octets), 10);
    amounts.take(letter(start, 40, 3, 0));
    EXPECT_DOUBLE_EQ(amounts.in_hour(Amount::domains), 3) << "the same ones again";
    amounts.end_hour();
    amounts.take(letter(start, 40, 3, 0));
    EXPECT_DOUBLE_EQ(amounts.in_hour(Amount::domains), 6);
    amounts.clear();
    EXPECT_DOUBLE_EQ(amounts.in_messages(Amount::recipients), 0);
}

TEST(Amounts, a_habit_takes_several_hours_and_no_hour_makes_much_of_it) {
    Amounts amounts;
    const auto hour = [&](int recipients) {
        amounts.clear();
        amounts.take(letter(start, recipients, 1, 1000));
        amounts.learn(1);
    };
    hour(4);
    hour(10'000);
    EXPECT_NEAR(amounts.in_hour(Amount::recipients) / amounts.in_messages(Amount::recipients), 4.4, 0.01);
    for (int i = 0; i < 60; ++i)
        hour(100);
    EXPECT_NEAR(amounts.in_messages(Amount::recipients), 1, 0.05);
}

TEST(Amounts, a_state_that_was_saved_knows_them) {
    State state;
    state.last = start;
    state.amounts.take(letter(start, 40, 3, 1'000'000));
    state.amounts.learn(10);
    const auto again = from_json(to_json(state));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->amounts.numbers(), state.amounts.numbers());
}

TEST(Amounts, a_worm_that_writes_to_the_whole_address_book_shows_in_recipients) {
    const Detector detector{Options()};
    Campaigns campaigns;
    State state;
    for (int day = 0; day < 20; ++day)
        for (std::uint64_t i = 0; i < 4; ++i)
            ASSERT_FALSE(detector.feed(state, campaigns, relayed(start + day * 24h + static_cast<int>(i) * 1h, mixed((day * 4 + i) % 60))));
    const Time night = start + 20 * 24h;
    for (int i = 0; i < 4; ++i)
        detector.feed(state, campaigns, letter(night + i * 1min, 60, 30, 3000));
    const auto standing = detector.assess(state, night + 4min, &campaigns, "c1");
    const auto volume = std::ranges::find(standing.evidence, Kind::volume, &Contribution::kind);
    ASSERT_NE(volume, standing.evidence.end());
    EXPECT_GT(volume->llr, 0.5);
    EXPECT_NE(volume->reason.find("233 recipients"), std::string::npos) << volume->reason;
}

} // namespace
} // namespace lazaret::detect
