// One text from many subscribers.

#include "detect/campaigns.hpp"
#include "detect/event_fixture.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::detect {
namespace {

using namespace test;

TEST(Campaigns, a_variant_is_found_and_another_text_is_not) {
    std::mt19937_64 random(9);
    Campaigns campaigns(1000);
    int found = 0;
    for (int i = 0; i < 500; ++i) {
        const std::uint64_t text = random();
        const Campaign* first = campaigns.meet(text, start);
        ASSERT_TRUE(first);
        const auto name = first->fingerprint;
        std::uint64_t variant = text;
        for (int bit = 0; bit < 6; ++bit)
            variant ^= std::uint64_t{1} << (random() % 64);
        const Campaign* again = campaigns.find(variant);
        found += again && again->fingerprint == name;
        EXPECT_FALSE(campaigns.find(random()));
    }
    EXPECT_GE(found, 480);
    EXPECT_FALSE(campaigns.meet(0, start));
}

TEST(Campaigns, stay_bounded_and_keep_what_several_send) {
    std::mt19937_64 random(9);
    Campaigns campaigns(100);
    const std::uint64_t shared = random();
    for (std::uint64_t who : {1, 2, 3})
        campaigns.meet(shared, start)->senders.add(mixed(who));
    for (int i = 0; i < 1000; ++i)
        campaigns.meet(random(), start + 1s)->senders.add(mixed(7));
    ASSERT_TRUE(campaigns.find(shared));
    EXPECT_NEAR(campaigns.find(shared)->senders.count(), 3, 0.2);
    EXPECT_NEAR(campaigns.find(shared)->senders.count_without(mixed(2)), 2, 0.2);
    campaigns.meet(shared, start + 72h);
    EXPECT_EQ(campaigns.find(shared)->senders.bits(), 0u) << "after two quiet days it begins anew";
}

TEST(Campaigns, a_scanner_that_catches_nothing_is_none) {
    Campaigns campaigns;
    EXPECT_FALSE(campaigns.is_scanned());
    for (int i = 0; i < 1000; ++i)
        campaigns.note(i % 200 == 0);
    EXPECT_TRUE(campaigns.is_scanned());
    for (int i = 0; i < 100'000; ++i)
        campaigns.note(false);
    EXPECT_FALSE(campaigns.is_scanned());
}

} // namespace
} // namespace lazaret::detect
