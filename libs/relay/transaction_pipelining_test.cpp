// Recipients that a client has pipelined: one group for the next hop, an answer of its own for each of them.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const Act closes_once = [] {
    Act act = closes;
    act.once = true;
    return act;
}();

class PipeliningTest : public ParkTest {
  protected:
    std::size_t asked(const std::string& command) const {
        return static_cast<std::size_t>(std::count(hop.commands.begin(), hop.commands.end(), command));
    }
    /// `told`: how many answers there were whenever it took long.
    net::task<> ask_watched(std::vector<std::string> group, std::vector<Reply>& replies, std::vector<std::size_t>& told) {
        Transaction transaction(*hops, forward(), from("me@isp.example"), [&] { told.push_back(replies.size()); });
        co_await ask(transaction, std::move(group), replies);
        failed = transaction.failed();
    }
};

TEST_F(PipeliningTest, GoesOutInOneTurn) {
    EXPECT_THAT(codes({"a@x.example b@x.example c@x.example", "data"}), ElementsAre(250, 250, 250, 250));
    EXPECT_THAT(hop.messages.at(0).rcpts,
                ElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<c@x.example>"));
    EXPECT_EQ(hop.groups, 4) << "EHLO; XFORWARD, MAIL and all RCPTs; DATA; content with its dot";
}

TEST_F(PipeliningTest, FollowsOthers) {
    EXPECT_THAT(codes({"a@x.example", "b@x.example c@x.example", "d@x.example e@x.example", "data"}),
                ElementsAre(250, 250, 250, 250, 250, 250));
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 5u);
    EXPECT_EQ(hop.groups, 6) << "EHLO; XFORWARD, MAIL and RCPT; two groups; DATA; content with its dot";
}

TEST_F(PipeliningTest, EachHasItsOwnAnswer) {
    hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 nobody\r\n");
    hop.acts["RCPT TO:<c@x.example>"] = Act("450-4.2.1 later\r\n450 4.2.1 perhaps\r\n");
    std::vector<Reply> replies;
    loop.run(follow({"a@x.example b@x.example c@x.example d@x.example", "data"}, replies));
    ASSERT_EQ(replies.size(), 5u);
    EXPECT_EQ(replies[0], Reply(550, {5, 1, 1}, "nobody"));
    EXPECT_EQ(replies[1].code(), 250);
    EXPECT_EQ(replies[2], Reply(450, {4, 2, 1}, "later\nperhaps"));
    EXPECT_EQ(replies[3].code(), 250);
    EXPECT_EQ(replies[4].code(), 250);
    EXPECT_FALSE(failed);
    EXPECT_THAT(hop.messages.at(0).rcpts, ElementsAre("RCPT TO:<b@x.example>", "RCPT TO:<d@x.example>"));
}

TEST_F(PipeliningTest, AnAnswerIsToldWhileTheNextIsWaitedFor) {
    settings.reply_timeout = 1s;
    make_hops();
    hop.acts["RCPT TO:<c@x.example>"] = stalls;
    std::vector<Reply> replies;
    std::vector<std::size_t> told;
    loop.run(ask_watched({"a@x.example", "b@x.example", "c@x.example", "d@x.example"}, replies, told));
    EXPECT_THAT(told, ElementsAre(0u, 2u)) << "when a connection is opened, and when c takes long";
    EXPECT_TRUE(failed);
    ASSERT_EQ(replies.size(), 4u);
    EXPECT_EQ(replies[1].code(), 250);
    EXPECT_EQ(replies[2].code(), 451);
    EXPECT_EQ(replies[3], replies[2]);
}

TEST_F(PipeliningTest, WithoutPipeliningEachWaits) {
    hop.keywords = {"8BITMIME"};
    hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 nobody\r\n");
    EXPECT_THAT(codes({"a@x.example b@x.example c@x.example", "data"}), ElementsAre(550, 250, 250, 250));
    EXPECT_EQ(hop.groups, 7) << "EHLO, MAIL, three RCPTs, DATA, content";
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 2u);
}

TEST_F(PipeliningTest, ARefusedMailIsTheAnswerToAll) {
    for (const bool pipelining : {true, false}) {
        SCOPED_TRACE(pipelining);
        if (!pipelining) hop.keywords = {"8BITMIME"};
        hop.drop_connections();
        hop.commands.clear();
        hop.acts["mail"] = Act("550 5.1.8 bad sender\r\n");
        EXPECT_THAT(codes({"a@x.example b@x.example", "c@x.example d@x.example"}), ElementsAre(550, 550, 550, 550));
        EXPECT_EQ(asked("RCPT TO:<c@x.example>"), 0u);
        EXPECT_EQ(asked("RCPT TO:<b@x.example>"), pipelining ? 1u : 0u);
        wait_for_reset();
        expect_recovery();
    }
}

TEST_F(PipeliningTest, AMailRefusedAfterAPauseIsNoJudgement) {
    change = [this] { hop.acts["mail"] = Act("550 5.7.1 not any more\r\n"); };
    EXPECT_THAT(codes({"a@x.example b@x.example", "park", "change", "c@x.example d@x.example", "data"}),
                ElementsAre(250, 250, 451, 451, 451));
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(PipeliningTest, JoinsThoseWhoWaitForTheData) {
    EXPECT_THAT(codes({"a@x.example b@x.example", "park", "c@x.example d@x.example", "park", "data"}),
                ElementsAre(250, 250, 250, 250, 250));
    EXPECT_THAT(hop.messages.at(0).rcpts, ElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<c@x.example>",
                                                      "RCPT TO:<d@x.example>"));
    hop.messages.clear();
    hop.acts["RCPT TO:<c@x.example>"] = Act("550 5.1.1 nobody\r\n");
    EXPECT_THAT(codes({"a@x.example b@x.example", "park", "c@x.example d@x.example", "data"}), ElementsAre(250, 250, 550, 250, 250));
    EXPECT_THAT(hop.messages.at(0).rcpts,
                UnorderedElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<d@x.example>"));
}

TEST_F(PipeliningTest, AConnectionLostInItIsReplaced) {
    for (const auto& act : {closes, resets, Act("421 4.3.2 down\r\n", Act::Then::close), Act("25", Act::Then::close), Act("hello\r\n")}) {
        SCOPED_TRACE(act.text);
        hop.acts.clear();
        hop.messages.clear();
        hop.commands.clear();
        hop.drop_connections();
        hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 nobody\r\n");
        hop.acts["RCPT TO:<c@x.example>"] = act;
        hop.acts["RCPT TO:<c@x.example>"].once = true;
        EXPECT_THAT(codes({"a@x.example b@x.example c@x.example d@x.example", "data"}), ElementsAre(550, 250, 250, 250, 250));
        EXPECT_THAT(hop.messages.at(0).rcpts,
                    UnorderedElementsAre("RCPT TO:<b@x.example>", "RCPT TO:<c@x.example>", "RCPT TO:<d@x.example>"));
        EXPECT_EQ(asked("RCPT TO:<a@x.example>"), 1u) << "it has its answer";
        Hop::of(hop.address())->worked();
    }
}

TEST_F(PipeliningTest, EachRecipientMayCostAConnectionOnce) {
    for (const char* name : {"b", "c", "d"}) hop.acts["RCPT TO:<" + std::string(name) + "@x.example>"] = closes_once;
    EXPECT_THAT(codes({"a@x.example b@x.example c@x.example d@x.example", "data"}), ElementsAre(250, 250, 250, 250, 250));
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 4u);
    EXPECT_EQ(hop.connections, 4);
}

TEST_F(PipeliningTest, ARecipientThatCostsTwoIsNotToBeHad) {
    hop.acts["RCPT TO:<b@x.example>"] = closes;
    std::vector<Reply> replies;
    loop.run(follow({"a@x.example b@x.example c@x.example", "d@x.example", "data"}, replies));
    ASSERT_EQ(replies.size(), 5u);
    EXPECT_EQ(replies[0].code(), 250);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(replies[i].code(), 451);
    EXPECT_TRUE(failed);
    EXPECT_EQ(hop.connections, 2);
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(PipeliningTest, OnTheOnlyHopNothingTakenIsNotReplaced) {
    hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 nobody\r\n");
    hop.acts["RCPT TO:<b@x.example>"] = closes;
    EXPECT_THAT(codes({"a@x.example b@x.example c@x.example"}), ElementsAre(550, 451, 451));
    EXPECT_EQ(hop.connections, 1);
    expect_recovery();
}

TEST_F(PipeliningTest, AnAnswerTooManyAcknowledgesNothing) {
    hop.acts["RCPT TO:<a@x.example>"] = Act("250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n");
    EXPECT_EQ(codes({"a@x.example b@x.example", "data"}).back(), 451);
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(PipeliningTest, AThousandFitThrough) {
    std::string all;
    for (int i = 0; i < 1000; ++i)
        all += (i ? " recipient-with-a-name-of-some-length-" : "recipient-with-a-name-of-some-length-") + std::to_string(i) + "@x.example";
    hop.acts["rcpt"] = Act("250-2.1.5 " + std::string(400, 'x') + "\r\n250 2.1.5 Ok\r\n");
    EXPECT_THAT(codes({all, "data"}), testing::Each(250));
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 1000u);
    EXPECT_LT(hop.groups, 20);
}

} // namespace
} // namespace lazaret::relay
