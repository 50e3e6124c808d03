// One text from many subscribers.

#include "detect/campaigns.hpp"
#include "detect/event_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

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
        const auto name = first->fingerprint();
        std::uint64_t variant = text;
        for (int bit = 0; bit < 6; ++bit)
            variant ^= std::uint64_t{1} << (random() % 64);
        const Campaign* again = campaigns.find(variant);
        found += again && again->fingerprint() == name;
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
        campaigns.add_sender(*campaigns.meet(shared, start), mixed(who));
    for (int i = 0; i < 1000; ++i)
        campaigns.add_sender(*campaigns.meet(random(), start + 1s), mixed(7));
    ASSERT_TRUE(campaigns.find(shared));
    EXPECT_NEAR(campaigns.find(shared)->senders().count(), 3, 0.2);
    EXPECT_NEAR(campaigns.find(shared)->senders().count_without(mixed(2)), 2, 0.2);
    campaigns.meet(shared, start + 72h);
    EXPECT_EQ(campaigns.find(shared)->senders().bits(), 0u) << "after two quiet days it begins anew";
}

TEST(Campaigns, a_scanner_that_catches_nothing_is_none) {
    Campaigns campaigns;
    EXPECT_FALSE(campaigns.is_scanned());
    for (int i = 0; i < 1000; ++i)
        campaigns.note(i % 200 == 0, start);
    EXPECT_TRUE(campaigns.is_scanned());
    for (int i = 0; i < 100'000; ++i)
        campaigns.note(false, start + 24h);
    EXPECT_FALSE(campaigns.is_scanned());
}

/// The table that engines share: what it has of a day, after what one adds.
class Shared {
  public:
    void exchange(Campaigns& engine) {
        for (const auto& change : engine.take_changes()) {
            CampaignDay& total = days_[{change.fingerprint, change.day}];
            total.fingerprint = change.fingerprint;
            total.day = change.day;
            total.senders.add(change.senders);
            total.spreaders.add(change.spreaders);
            total.convicted.add(change.convicted);
            total.failed.add(change.failed.hits, change.failed.trials);
            engine.learn(total);
        }
    }
    void tell(Campaigns& engine) const {
        for (const auto& [key, total] : days_)
            engine.learn(total);
    }
    std::size_t size() const { return days_.size(); }

  private:
    std::map<std::pair<std::uint64_t, std::int32_t>, CampaignDay> days_;
};

constexpr std::uint64_t pills = 0x123456789abcdef0;

TEST(Campaigns, what_engines_tell_each_other_adds_up_once) {
    Shared table;
    Campaigns one, two;
    for (int day = 0; day < 2; ++day) {
        for (std::uint64_t who : {1, 2}) {
            Campaign& seen = *one.meet(pills, start + day * 24h);
            one.add_spreader(seen, mixed(who));
            one.add_results(seen, 1, 4);
            table.exchange(one);
        }
        table.tell(two);
        Campaign& seen = *two.meet(pills ^ 5, start + day * 24h);
        two.add_spreader(seen, mixed(3));
        two.add_convicted(seen, mixed(3));
        two.add_results(seen, 2, 2);
        table.exchange(two);
        table.tell(one);
        table.tell(one); // again changes nothing
    }
    Campaigns restarted;
    table.tell(restarted);
    for (const Campaigns* engine : {&one, &two, &restarted}) {
        const Campaign* seen = engine->find(pills);
        ASSERT_TRUE(seen);
        EXPECT_EQ(seen->fingerprint(), pills);
        EXPECT_NEAR(seen->spreaders().count(), 3, 0.2);
        EXPECT_NEAR(seen->convicted().count_without(mixed(1)), 1, 0.1);
        EXPECT_FLOAT_EQ(seen->failed().hits, 4 + 4 / 2.f);
        EXPECT_FLOAT_EQ(seen->failed().trials, 10 + 10 / 2.f);
    }
}

TEST(Campaigns, what_nobody_spreads_is_told_to_nobody) {
    Shared table;
    Campaigns campaigns;
    campaigns.add_sender(*campaigns.meet(pills, start), mixed(1));
    campaigns.add_results(*campaigns.meet(pills, start), 0, 2);
    table.exchange(campaigns);
    EXPECT_EQ(table.size(), 0u);
    campaigns.add_spreader(*campaigns.meet(pills, start), mixed(1));
    table.exchange(campaigns);
    Campaigns other;
    table.tell(other);
    ASSERT_TRUE(other.find(pills));
    EXPECT_FLOAT_EQ(other.find(pills)->failed().trials, 2) << "what was known before is told then";
}

TEST(Campaigns, engines_know_together_whether_there_is_a_scanner) {
    Shared table;
    Campaigns one, two;
    one.note(true, start);
    for (int i = 0; i < 100; ++i)
        two.note(false, start);
    table.exchange(one);
    table.exchange(two);
    EXPECT_TRUE(two.is_scanned());
}

} // namespace
} // namespace lazaret::detect
