#include "net/init.hpp"
#include "relay/fake_hop.hpp"
#include "relay/group.hpp"

#include <gmock/gmock.h>

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

class GroupTest : public ::testing::Test {
  public:
    GroupTest() : a(loop), b(loop), c(loop) {
        net::init();
        make();
    }
    void make(Duration health_interval = 20ms) {
        std::vector<PoolSettings> all;
        for (const auto* hop : {&a, &b, &c}) {
            PoolSettings each;
            each.address = hop->address();
            each.hostname = "lazaret.example";
            each.connect_timeout = each.reply_timeout = 30s;
            each.health_interval = health_interval;
            each.max_connections = 2;
            all.push_back(each);
        }
        group.reset();
        group = std::make_unique<HopGroup>(loop.io, loop.deadlines, all);
    }
    net::task<> acquire(std::optional<Lease>& lease, Needs needs, const Hop* avoid) {
        fault = co_await group->acquire(lease, needs, false, avoid);
    }
    std::optional<Lease> take(const Needs& needs = Needs(), const Hop* avoid = nullptr) {
        std::optional<Lease> lease;
        loop.run(acquire(lease, needs, avoid));
        return lease;
    }
    std::string where(const std::optional<Lease>& lease) const {
        if (!lease) return "nowhere";
        const auto& name = lease->hop().name();
        return name == a.address().to_string() ? "a" : name == b.address().to_string() ? "b" : "c";
    }
    /// Every hop has said once what it offers.
    void meet_all() {
        auto first = take(), second = take(), third = take();
        ASSERT_TRUE(first && second && third);
    }

    Loop loop;
    FakeHop a, b, c;
    std::unique_ptr<HopGroup> group;
    Fault fault;
};

TEST_F(GroupTest, InTurnAndTheLeastBusyFirst) {
    std::vector<std::string> order;
    for (int i = 0; i < 6; ++i) order.push_back(where(take()));
    EXPECT_THAT(order, ElementsAre("a", "b", "c", "a", "b", "c"));
    auto on_a = take();
    EXPECT_EQ(where(on_a), "a");
    order.clear();
    for (int i = 0; i < 4; ++i) order.push_back(where(take()));
    EXPECT_THAT(order, ElementsAre("b", "c", "b", "c"));
}

TEST_F(GroupTest, AHopThatIsAwayIsLeftOutUntilItAnswers) {
    b.refuse();
    std::vector<std::string> order;
    for (int i = 0; i < 6; ++i) order.push_back(where(take()));
    EXPECT_THAT(order, ElementsAre("a", "c", "a", "c", "a", "c")) << "nobody was refused";
    const int before = a.connections + c.connections;
    group->start();
    b.listen_again();
    loop.run_until([&] { return b.connections > 0; });
    loop.run_until([&] { return !Hop::of(b.address())->away(); });
    order.clear();
    for (int i = 0; i < 3; ++i) order.push_back(where(take()));
    EXPECT_THAT(order, testing::UnorderedElementsAre("a", "b", "c"));
    EXPECT_EQ(a.connections + c.connections, before);
}

TEST_F(GroupTest, WhenAllAreAwayEachIsLookedAtOnceForAllWhoAsk) {
    for (auto* hop : {&a, &b, &c}) hop->acts["banner"] = Act("554 5.3.2 no\r\n", Act::Then::close);
    EXPECT_FALSE(take());
    EXPECT_THAT(fault.text, HasSubstr("554"));
    EXPECT_FALSE(group->reachable());
    const int before = a.connections + b.connections + c.connections;
    EXPECT_EQ(before, 3);
    constexpr int crowd = 10;
    int done = 0;
    for (int i = 0; i < crowd; ++i)
        loop.spawn([](GroupTest& self, int& ended) -> net::task<> {
            std::optional<Lease> lease;
            co_await self.acquire(lease, Needs(), nullptr);
            EXPECT_FALSE(lease);
            ++ended;
        }(*this, done));
    loop.run_until([&] { return done == crowd; });
    EXPECT_EQ(a.connections + b.connections + c.connections, before + 3);
    c.acts.clear();
    EXPECT_FALSE(group->is_current());
    EXPECT_EQ(where(take()), "c") << "who asks first finds it back";
}

TEST_F(GroupTest, BreakingTwiceInARowCostsTheTurnButNotTheLastHop) {
    meet_all();
    auto lease = take();
    ASSERT_EQ(where(lease), "a");
    auto& hop = lease->hop();
    group->broke(hop, Fault(Fault::Kind::closed, "x"));
    hop.worked();
    group->broke(hop, Fault(Fault::Kind::closed, "x"));
    EXPECT_FALSE(hop.away()) << "not in a row";
    group->broke(hop, Fault(Fault::Kind::closed, "x"));
    EXPECT_TRUE(hop.away());
    for (int i = 0; i < 4; ++i) EXPECT_NE(where(take()), "a");
    for (int i = 0; i < 10; ++i) {
        auto other = take();
        ASSERT_TRUE(other);
        group->broke(other->hop(), Fault(Fault::Kind::timeout, "x"));
    }
    EXPECT_TRUE(group->reachable()) << "a client that makes hops break cannot close the house";
}

TEST_F(GroupTest, AnotherThanTheOneToAvoidWhereThereIsOne) {
    auto lease = take();
    const auto avoid = lease->hop_ptr();
    lease.reset();
    for (int i = 0; i < 5; ++i) EXPECT_NE(where(take(Needs(), avoid.get())), "a");
    b.refuse();
    c.refuse();
    b.drop_connections();
    c.drop_connections();
    EXPECT_EQ(where(take(Needs(), avoid.get())), "a") << "the only one left";
}

TEST_F(GroupTest, AnnouncesWhatAllHealthyHopsOffer) {
    b.keywords = {"PIPELINING", "SIZE 500", "8BITMIME", "DSN"};
    c.keywords = {"PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8", "DSN"};
    EXPECT_FALSE(group->extensions().eight_bit_mime) << "nothing is promised before the first answer";
    meet_all();
    EXPECT_TRUE(group->extensions().eight_bit_mime);
    EXPECT_TRUE(group->extensions().dsn);
    EXPECT_FALSE(group->extensions().smtputf8) << "b does not";
    EXPECT_EQ(group->extensions().max_size, 500u);
    b.refuse();
    b.drop_connections();
    for (int i = 0; i < 3; ++i) take(); // one of them finds b away
    EXPECT_TRUE(group->extensions().smtputf8);
    EXPECT_EQ(group->extensions().max_size, 1000000u);
}

TEST_F(GroupTest, TheHopThatOffersWhatIsNeededTakesIt) {
    a.keywords = b.keywords = {"PIPELINING"};
    meet_all();
    Needs needs;
    needs.smtputf8 = true;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(where(take(needs)), "c");
    c.refuse();
    c.drop_connections();
    EXPECT_FALSE(needs.possible((*take(needs))->hop())) << "one that does not is better than none: it says so itself";
    EXPECT_TRUE(group->may_come_back(needs));
    Needs big;
    big.size = 2000000;
    EXPECT_FALSE(big.met(*Hop::of(c.address())->offered()));
}

TEST_F(GroupTest, RefreshReachesEveryHopWithoutAConnection) {
    EXPECT_FALSE(group->is_current());
    loop.run(group->refresh(30s));
    EXPECT_TRUE(group->is_current());
    EXPECT_EQ(a.connections + b.connections + c.connections, 3);
    b.drop_connections();
    b.keywords = {"8BITMIME"};
    EXPECT_FALSE(group->is_current());
    loop.run(group->refresh(30s));
    EXPECT_FALSE(group->extensions().pipelining);
    EXPECT_EQ(a.connections + b.connections + c.connections, 4);
}

TEST_F(GroupTest, RefreshWaitsOnlySoLongForHopsThatAreSilent) {
    for (auto* hop : {&a, &b, &c}) hop->acts["banner"] = stalls;
    loop.run(group->refresh(50ms)); // ends: the hops' own time-out is 30 s
    EXPECT_FALSE(group->extensions().pipelining);
}

TEST_F(GroupTest, ASocketInTheFileSystem) {
    TempDir folder;
    FakeHop local(loop, folder / "hop");
    PoolSettings only;
    only.address = local.address();
    only.hostname = "lazaret.example";
    group = std::make_unique<HopGroup>(loop.io, loop.deadlines, std::vector{only});
    EXPECT_TRUE(take());
    EXPECT_EQ(local.connections, 1);
}

} // namespace
} // namespace lazaret::relay
