// One link host, HELO name or mail program from many subscribers, whose texts all differ.

#include "detect/detector.hpp"
#include "detect/event_fixture.hpp"
#include "event/name_hash.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace lazaret::detect {
namespace {

using namespace test;
using event::name_hash;

constexpr int many = 30;

std::vector<CampaignDay> names_of(std::vector<CampaignDay> changes) {
    std::erase_if(changes, [](const CampaignDay& each) { return each.fingerprint < 2; });
    return changes;
}

/// Subscribers who have sent a little to friends for a month, and what they do then.
class CompanyTest : public ::testing::Test {
  protected:
    /// A message in own words.
    event::Event message(int who, Time at, bool is_to_stranger) {
        event::Event e = relayed(at, is_to_stranger ? random_() : static_cast<std::uint64_t>(who) * 10 + random_() % 4);
        e.subscriber = "s" + std::to_string(who);
        e.helo = "pc-" + std::to_string(who);
        e.fingerprint = random_();
        return e;
    }
    /// Others, who write to their friends on the day on which things happen.
    void others_write(int number = 100) {
        for (int who = 1000; who < 1000 + number; ++who) {
            for (int day = 0; day < 3; ++day)
                take(message(who, start - (4 - day) * 24h, day == 0));
            take(message(who, start, false));
        }
    }
    void live(int who, std::vector<std::uint64_t> hosts = {}, const std::string& helo = "") {
        for (int day = 0; day < 30; ++day) {
            event::Event e = message(who, start - (30 - day) * 24h, day < 4);
            e.uri_hosts = hosts;
            if (!helo.empty()) e.helo = helo;
            take(e);
        }
    }
    /// Twelve messages to strangers in an hour, with what `mark` puts into them; whether that convicts.
    template <class Mark> bool spreads(int who, Time at, Mark mark, int messages = 12) {
        bool is_convicted = false;
        for (int i = 0; i < messages; ++i) {
            event::Event e = message(who, at + i * 5min, true);
            mark(e);
            is_convicted |= take(e);
        }
        return is_convicted;
    }
    /// That of all below `many`, and a little more later; how many are convicted then.
    template <class Mark> int spread_by_many(Mark mark, int first = 0) {
        for (int who = first; who < first + many; ++who)
            spreads(who, start + (who - first) * 10min, mark);
        int convicted = 0;
        for (int who = first; who < first + many; ++who)
            convicted += spreads(who, start + 5h, mark, 2);
        return convicted;
    }
    bool take(const event::Event& e) {
        auto& state = states_[e.subscriber];
        auto found = detector.feed(state, campaigns, e);
        if (found) last = std::move(*found);
        return found.has_value();
    }
    double worth(int who, Time at) {
        const auto name = "s" + std::to_string(who);
        for (const auto& one : detector.assess(states_[name], at, &campaigns, name).evidence)
            if (one.kind == Kind::campaign) return one.llr;
        return 0;
    }

    const State& state_of(int who) { return states_["s" + std::to_string(who)]; }

    Detector detector{Options()};
    Campaigns campaigns;
    Suspicion last;

  private:
    std::map<std::string, State> states_;
    std::mt19937_64 random_{5};
};

const auto to_pills = [](event::Event& e) { e.uri_hosts = {name_hash("pills.example")}; };
const auto as_ylmf = [](event::Event& e) { e.helo = "ylmf-pc"; };
const auto by_mailer = [](event::Event& e) { e.agent_hash = name_hash("Super Mailer 9"); };

TEST_F(CompanyTest, one_host_in_different_texts_from_many_is_a_campaign) {
    for (int who = 0; who < many + 1; ++who)
        live(who);
    others_write();
    EXPECT_EQ(spread_by_many(to_pills), many);
    EXPECT_EQ(last.cause, "campaign");
    EXPECT_EQ(last.shared, CampaignKind::host);
    EXPECT_EQ(last.campaign, campaign_key(CampaignKind::host, name_hash("pills.example")));
    EXPECT_NE(words(last).find("the same link host (campaign "), std::string::npos) << words(last);
    EXPECT_FALSE(spreads(many, start + 5h, [](event::Event& e) { e.uri_hosts = {name_hash("party.example")}; }));
}

TEST_F(CompanyTest, so_is_one_helo_name_or_mail_program) {
    for (int who = 0; who < 2 * many; ++who)
        live(who);
    others_write();
    others_write();
    EXPECT_EQ(spread_by_many(as_ylmf), many);
    EXPECT_EQ(last.shared, CampaignKind::helo);
    EXPECT_NE(words(last).find("the same HELO name"), std::string::npos) << words(last);
    EXPECT_EQ(spread_by_many(by_mailer, many), many);
    EXPECT_EQ(last.shared, CampaignKind::agent);
    EXPECT_NE(words(last).find("the same mail program"), std::string::npos) << words(last);
}

TEST_F(CompanyTest, who_links_where_everybody_does_is_free) {
    const auto popular = name_hash("popular.example");
    for (int who = 0; who < 400; ++who)
        live(who, {popular});
    const auto both = [&](event::Event& e) { e.uri_hosts = {popular, name_hash("pills.example")}; };
    EXPECT_EQ(spread_by_many(both), many) << "by the host that others do not link to";
    EXPECT_EQ(last.campaign, campaign_key(CampaignKind::host, name_hash("pills.example")));
    // All the others write to friends today, and one announces something to people that he does not know.
    for (int who = many; who < 399; ++who) {
        event::Event e = message(who, start + 4h, false);
        e.uri_hosts = {popular};
        take(e);
    }
    EXPECT_FALSE(spreads(399, start + 5h, [&](event::Event& e) { e.uri_hosts = {popular}; }, 60));
    EXPECT_EQ(worth(399, start + 10h), 0);
}

TEST_F(CompanyTest, so_is_who_is_called_like_many_and_always_was) {
    for (int who = 0; who < many; ++who)
        live(who);
    others_write();
    live(many, {}, "ylmf-pc");
    spread_by_many(as_ylmf);
    EXPECT_FALSE(spreads(many, start + 5h, as_ylmf, 30));
    EXPECT_EQ(worth(many, start + 6h), 0) << "the name is not new";
}

TEST_F(CompanyTest, so_is_who_passes_it_on_or_sends_it_back) {
    for (int who = 0; who < many + 2; ++who)
        live(who);
    others_write();
    spread_by_many(to_pills);
    EXPECT_FALSE(spreads(many, start + 5h, to_pills, 1)) << "one report to an abuse desk";
    for (int i = 0; i < 3; ++i) {
        event::Event e = message(many + 1, start + 5h + i * 1min, true);
        e.null_sender = true;
        e.uri_hosts = {name_hash("pills.example")};
        EXPECT_FALSE(take(e)) << "a bounce";
    }
    EXPECT_EQ(worth(many, start + 6h), 0);
    EXPECT_EQ(worth(many + 1, start + 6h), 0);
}

TEST_F(CompanyTest, a_state_that_was_saved_knows_its_company) {
    for (int who = 0; who < many; ++who)
        live(who);
    others_write();
    spread_by_many(to_pills);
    const State& state = state_of(many - 1);
    ASSERT_NE(state.company, 0u);
    EXPECT_TRUE(state.is_sender_today && state.is_spreader_today);
    const auto again = from_json(to_json(state));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->company, state.company);
    EXPECT_TRUE(again->is_sender_today && again->is_spreader_today);
}

TEST(Campaigns, users_of_a_name_are_told_once_somebody_spreads_it) {
    const auto key = campaign_key(CampaignKind::host, 7);
    Campaigns one, two;
    for (std::uint64_t who = 0; who < 30; ++who)
        two.add_sender(two.meet_name(CampaignKind::host, key, start), mixed(who));
    EXPECT_TRUE(names_of(two.take_changes()).empty()) << "nobody spreads it";
    Campaign& met = one.meet_name(CampaignKind::host, key, start);
    one.add_sender(met, mixed(100));
    one.add_spreader(met, mixed(100));
    for (const auto& change : names_of(one.take_changes()))
        two.learn(change);
    const auto told = names_of(two.take_changes());
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].kind, CampaignKind::host);
    one.learn(told[0]);
    EXPECT_NEAR(one.find_name(Campaigns::half_of(key))->senders_without(mixed(100)), 30, 5);
    two.learn(told[0]);
    EXPECT_TRUE(names_of(two.take_changes()).empty()) << "all is told";
}

TEST(Campaigns, engines_know_together_how_many_spread_something) {
    Campaigns one, two;
    for (int i = 0; i < 40; ++i)
        one.count_sender(start);
    one.count_spreader(start);
    for (const auto& change : one.take_changes())
        two.learn(change);
    EXPECT_FLOAT_EQ(two.everybody().hits, 1);
    EXPECT_FLOAT_EQ(two.everybody().trials, 40);
    EXPECT_FALSE(two.is_scanned());
}

TEST(Campaigns, names_are_found_by_their_key_alone) {
    Campaigns campaigns(10, 100);
    const auto host = campaign_key(CampaignKind::host, 7), helo = campaign_key(CampaignKind::helo, 7);
    EXPECT_NE(host, helo);
    campaigns.add_sender(campaigns.meet_name(CampaignKind::host, host, start), mixed(1));
    EXPECT_FALSE(campaigns.find_name(Campaigns::half_of(helo)));
    EXPECT_FALSE(campaigns.find(host)) << "a name is no text";
    EXPECT_NE(campaigns.meet(host ^ 1, start)->kind(), CampaignKind::host);
    const auto near = host ^ 4;
    campaigns.meet_name(CampaignKind::host, near, start);
    EXPECT_NEAR(campaigns.find_name(Campaigns::half_of(host))->senders_without(0), 1, 0.1) << "one like it is another";
    for (std::uint64_t i = 0; i < 1000; ++i)
        campaigns.meet_name(CampaignKind::host, campaign_key(CampaignKind::host, mixed(i)), start);
    EXPECT_FALSE(campaigns.find_name(Campaigns::half_of(near))) << "bounded";
}

TEST(Distinct, few_and_many_are_counted) {
    for (const int number : {1, 5, 20, 60, 150, 400, 2000, 10'000, 30'000}) {
        FewDistinct few;
        ManyDistinct much;
        for (int i = 0; i < number; ++i) {
            few.add(hash_of("s" + std::to_string(i)));
            much.add(hash_of("s" + std::to_string(i)));
        }
        const double counted = count_without(hash_of("nobody"), few, much);
        EXPECT_GT(counted, number * 0.5 - 1);
        EXPECT_LT(counted, number * 2.0 + 1);
    }
}

} // namespace
} // namespace lazaret::detect
