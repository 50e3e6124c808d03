// Several hops, and one of them is away.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;

class FailoverTest : public ParkTest {
  protected:
    FailoverTest() : other(loop) {
        make_hops({settings, to_hop(other)});
    }
    FakeHop other;
};

TEST_F(FailoverTest, AHopThatIsAwayCostsNobodyAnything) {
    hop.refuse();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(other.messages.size(), 4u);
}

TEST_F(FailoverTest, ADeadPooledConnectionLeadsToTheOther) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.messages.size(), 2u);
    hop.acts["xforward"] = closes; // the pool cannot know yet
    hop.refuse();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(other.messages.size(), 6u);
}

TEST_F(FailoverTest, BeforeTheContentTheOtherTakesOver) {
    for (const char* stage : {"mail", "rcpt", "data"}) {
        SCOPED_TRACE(stage);
        make_hops({settings, to_hop(other)});
        hop.messages.clear();
        other.messages.clear();
        hop.acts[stage] = closes;
        EXPECT_EQ(send({"a@x.example", "b@x.example"}).data.code(), 250);
        EXPECT_TRUE(hop.messages.empty());
        ASSERT_EQ(other.messages.size(), 1u);
        EXPECT_EQ(other.messages[0].rcpts.size(), 2u);
        hop.acts.clear();
    }
}

TEST_F(FailoverTest, AfterTheContentBeganNeverTwice) {
    for (const auto& act : {closes, resets, Act("421 4.3.2 down\r\n", Act::Then::close), Act("hello\r\n")}) {
        make_hops({settings, to_hop(other)});
        Hop::of(hop.address())->worked(); // this is not about breaking in a row
        hop.acts["dot"] = act;
        const auto out = send();
        EXPECT_EQ(out.data.code(), 451);
        EXPECT_TRUE(out.failed);
        EXPECT_TRUE(other.messages.empty());
        hop.acts.clear();
    }
}

TEST_F(FailoverTest, AHopThatBreaksTwiceIsLeftOut) {
    settings.health_interval = 10min;
    make_hops({settings, to_hop(other)});
    loop.run(hops->refresh(30s));
    hop.acts["dot"] = closes;
    int deferred = 0;
    for (int i = 0; i < 10; ++i)
        if (send().data.code() == 451) ++deferred;
    EXPECT_EQ(deferred, 2);
    EXPECT_EQ(other.messages.size(), 8u);
}

TEST_F(FailoverTest, TheHopThatOffersSmtputf8TakesIt) {
    hop.keywords = {"PIPELINING", "8BITMIME"};
    loop.run(hops->refresh(30s));
    auto mail = from("m\xc3\xa9@isp.example");
    mail.smtputf8 = true;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(mail, {"a@b.example"}, Text({"x\r\n"})).data.code(), 250);
    EXPECT_EQ(other.messages.size(), 3u);
    other.refuse();
    other.drop_connections();
    const auto out = send(mail, {"a@b.example"}, Text({"x\r\n"}));
    EXPECT_EQ(out.rcpts[0].code(), 451) << "the other may be back";
    EXPECT_TRUE(out.rcpt_failed);
}

TEST_F(FailoverTest, AParkedMessageGoesWhereThereIsOne) {
    change = [this] {
        hop.refuse();
        hop.drop_connections();
    };
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "change", "data"}), ElementsAre(250, 250, 250));
    EXPECT_EQ(hop.messages.size() + other.messages.size(), 1u);
}

} // namespace
} // namespace lazaret::relay
