#include "detect/culprit.hpp"

#include "detect/event_fixture.hpp"

#include <gmock/gmock.h>

namespace lazaret::detect {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class CulpritsTest : public testing::Test {
  protected:
    CulpritsTest() : culprits(Options(), window()) {}
    static Culprits::Window window() {
        Culprits::Window w;
        w.since = start;
        w.until = start + 10h;
        return w;
    }
    /// One message each with one result.
    static void send(Culprits& to, const std::string& who, Time at, int count, const std::string& refusal, bool is_unknown = false) {
        for (int i = 0; i < count; ++i) {
            event::Event e = relayed(at + i * 1min, is_unknown ? static_cast<std::uint64_t>(1000 + i) : 1);
            e.subscriber = who;
            ASSERT_TRUE(to.take(e));
            event::Event r = result(at + i * 1min + 1s, e, !refusal.empty() || is_unknown);
            r.reason = refusal;
            if (!refusal.empty()) r.enhanced = "5.7.1";
            ASSERT_TRUE(to.take(r));
        }
    }
    std::vector<std::string> standing_out() const {
        std::vector<std::string> names;
        for (const auto& one : culprits.ranking(100))
            if (one.share > 0) names.push_back(one.subscriber);
        return names;
    }
    Culprits culprits;
};

const std::string listed = "host mx[203.0.113.1] said: 554 5.7.1 blocked using zen.spamhaus.org";

TEST_F(CulpritsTest, what_everybody_suffers_is_no_evidence) {
    for (int who = 0; who < 30; ++who)
        send(culprits, "s" + std::to_string(who), start + who * 1s, 5, listed);
    EXPECT_THAT(standing_out(), IsEmpty());
    ASSERT_EQ(culprits.refusals().size(), 1u);
    EXPECT_EQ(culprits.refusals()[0].count, 150u);
    EXPECT_EQ(culprits.senders(), 30u);
    EXPECT_EQ(culprits.messages(), 150u);
}

TEST_F(CulpritsTest, what_one_alone_meets_is) {
    for (int who = 0; who < 30; ++who)
        send(culprits, "s" + std::to_string(who), start + who * 1s, 10, who == 7 ? listed : "");
    EXPECT_THAT(standing_out(), ElementsAre("s7"));
    EXPECT_EQ(culprits.ranking(1)[0].evidence[0].kind, "remote_refusals");
}

TEST_F(CulpritsTest, before_and_after_the_window_nothing_counts) {
    send(culprits, "early", start - 5h, 60, "", true);
    send(culprits, "late", start + 10h, 60, "", true);
    for (int who = 0; who < 10; ++who)
        send(culprits, "s" + std::to_string(who), start + who * 1s, 5, "");
    EXPECT_THAT(standing_out(), IsEmpty());
    EXPECT_EQ(culprits.senders(), 10u);
    send(culprits, "inside", start + 2h, 60, "", true);
    EXPECT_THAT(standing_out(), ElementsAre("inside"));
    const auto one = culprits.ranking(1)[0];
    EXPECT_EQ(one.messages, 60u);
    EXPECT_GE(one.worst, start + 2h);
    EXPECT_DOUBLE_EQ(one.share, 1);
}

TEST_F(CulpritsTest, taken_again_counts_once_and_with_its_past) {
    const auto mailing = [&](Time at) {
        for (int i = 0; i < 150; ++i) {
            event::Event e = relayed(at + i * 1s, static_cast<std::uint64_t>(i + 1));
            e.subscriber = "club";
            ASSERT_TRUE(culprits.take(e));
        }
    };
    send(culprits, "other", start, 5, "");
    send(culprits, "club", start + 30min, 1, listed);
    mailing(start + 1h);
    const double before = culprits.ranking(1)[0].nats;
    EXPECT_THAT(culprits.foremost(1), ElementsAre("club"));

    culprits.begin_anew("club", subscriber::Class::business);
    for (int day = 20; day > 0; --day)
        mailing(start - day * 24h);
    send(culprits, "club", start + 30min, 1, listed);
    mailing(start + 1h);
    const auto ranking = culprits.ranking(10);
    for (const auto& one : ranking)
        if (one.subscriber == "club") {
            EXPECT_EQ(one.messages, 151u);
            EXPECT_LT(one.nats, before);
        }
    EXPECT_EQ(culprits.refusals()[0].count, 1u);
}

TEST_F(CulpritsTest, a_stolen_login_stands_out_of_a_large_company) {
    for (int i = 0; i < 3000; ++i) {
        event::Event e = relayed(start + i * 10s, static_cast<std::uint64_t>(i % 200 + 1));
        e.subscriber = "firm";
        e.account = "clerk" + std::to_string(i % 100) + "@firm.example";
        const bool is_stolen = i > 1000 && i % 20 == 17;
        if (is_stolen) e.account = "clerk17@firm.example";
        if (is_stolen) e.recipients.front().hash = static_cast<std::uint64_t>(10000 + i);
        ASSERT_TRUE(culprits.take(e));
        event::Event arrived = result(e.at + 1s, e, is_stolen && i % 40 == 17);
        arrived.account = e.account;
        ASSERT_TRUE(culprits.take(arrived));
    }
    const auto ranking = culprits.ranking(1);
    ASSERT_EQ(ranking.size(), 1u);
    EXPECT_EQ(ranking[0].scope, subscriber::Scope::account);
    EXPECT_EQ(ranking[0].part, "clerk17@firm.example");
}

TEST_F(CulpritsTest, other_listings_and_addresses_are_left_aside) {
    Culprits::Window w = window();
    w.listing = "bl.spamcop.net";
    Culprits of_another_list(Options(), w);
    w.listing.clear();
    w.egress = IpAddress::parse("192.0.2.9").value();
    Culprits of_another_address(Options(), w);
    const std::string there = "host mx[203.0.113.1] said: 554 5.7.1 [192.0.2.8] blocked using zen.spamhaus.org";
    for (Culprits* one : {&of_another_list, &of_another_address})
        for (int who = 0; who < 20; ++who)
            send(*one, "s" + std::to_string(who), start + who * 1s, 10, who == 7 ? there : "");
    for (const Culprits* one : {&of_another_list, &of_another_address}) {
        const auto ranking = one->ranking(10);
        EXPECT_TRUE(ranking.empty() || ranking[0].share == 0);
        EXPECT_EQ(one->refusals()[0].count, 10u) << "but told";
    }
}

TEST_F(CulpritsTest, strangers_cannot_name_lists_without_end) {
    for (int i = 0; i < 1200; ++i)
        send(culprits, "s1", start + i * 1s, 1, "host mx said: 554 blocked using list" + std::to_string(i) + ".example");
    const auto refusals = culprits.refusals();
    EXPECT_LE(refusals.size(), 1001u);
    std::uint64_t sum = 0;
    for (const auto& one : refusals)
        sum += one.count;
    EXPECT_EQ(sum, 1200u);
    EXPECT_EQ(refusals[0].about, "listed");
}

} // namespace
} // namespace lazaret::detect
