// Slow clients: the connection goes back while they think.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;

TEST_F(ParkTest, EnvelopeAndDataFollowInOneTurn) {
    settings.max_connections = 1;
    make_hops();
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "data"}), ElementsAre(250, 250, 250));
    EXPECT_THAT(hop.messages.at(0).rcpts, ElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>"));
    EXPECT_THAT(hop.commands, testing::Contains("RSET"));
    EXPECT_EQ(hop.connections, 1) << "it came back, and was there for others";
    EXPECT_EQ(hop.groups, 6) << "EHLO; XFORWARD, MAIL and RCPT; RCPT; RSET; envelope and DATA; content with its dot";
}

TEST_F(ParkTest, OthersUseTheConnectionMeanwhile) {
    settings.max_connections = 1;
    make_hops();
    std::vector<Reply> replies;
    change = [&] { loop.spawn(follow({"other@x.example", "data"}, replies)); };
    EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 250));
    loop.run_until([&] { return replies.size() == 2; });
    EXPECT_EQ(hop.messages.size(), 2u);
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(ParkTest, ARecipientAfterwardsIsAskedAndTheOthersFollowWithData) {
    EXPECT_THAT(codes({"a@x.example", "park", "b@x.example", "c@x.example", "data"}), ElementsAre(250, 250, 250, 250));
    auto rcpts = hop.messages.at(0).rcpts;
    EXPECT_THAT(rcpts, testing::UnorderedElementsAre("RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>", "RCPT TO:<c@x.example>"));
    hop.messages.clear();
    EXPECT_THAT(codes({"a@x.example", "park", "b@x.example", "park", "c@x.example", "park", "data"}),
                ElementsAre(250, 250, 250, 250));
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 3u);
}

TEST_F(ParkTest, ARecipientRefusedOnlyThenStopsAll) {
    change = [this] { hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 gone\r\n"); };
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "change", "data"}), ElementsAre(250, 250, 451));
    EXPECT_TRUE(failed);
    EXPECT_TRUE(hop.messages.empty()) << "though b was taken and 354 said";
    expect_recovery();
    hop.messages.clear();
    EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 451)) << "no recipient is left";
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(ParkTest, AMailRefusedOnlyThenStopsAll) {
    change = [this] { hop.acts["mail"] = Act("550 5.7.1 not any more\r\n"); };
    EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 451));
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
    EXPECT_THAT(codes({"a@x.example", "park", "change", "b@x.example", "data"}), ElementsAre(250, 451, 451))
        << "a, which was promised, is not refused for good";
    expect_recovery();
}

TEST_F(ParkTest, A354ThatAnswersMailIsNone) {
    for (const char* stage : {"mail", "rcpt", "xforward"}) {
        change = [&] { hop.acts[stage] = Act("354 go\r\n"); };
        EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 451)) << stage;
        EXPECT_TRUE(hop.messages.empty());
        expect_recovery();
        hop.messages.clear();
    }
}

TEST_F(ParkTest, EveryFaultOfTheSecondTurnIsA451) {
    settings.reply_timeout = settings.data_timeout = 300ms;
    make_hops();
    for (const char* stage : {"xforward", "mail", "rcpt", "data", "dot"}) {
        for (const auto& act : {closes, resets, stalls, Act("421 4.3.2 down\r\n", Act::Then::close), Act("hello\r\n"),
                                Act("25", Act::Then::close)}) {
            SCOPED_TRACE(std::string(stage) + " " + act.text);
            change = [&] { hop.acts[stage] = act; };
            EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "change", "data"}), ElementsAre(250, 250, 451));
            EXPECT_TRUE(failed);
            EXPECT_TRUE(hop.messages.empty());
            expect_recovery();
            hop.messages.clear();
        }
    }
}

TEST_F(ParkTest, AJudgementOnTheDataIsPassedOn) {
    change = [this] { hop.acts["data"] = Act("554 5.7.1 no\r\n"); };
    EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 554));
    expect_recovery();
}

TEST_F(ParkTest, AHopThatIsAwayByThenDefers) {
    change = [this] {
        hop.refuse();
        hop.drop_connections();
    };
    EXPECT_THAT(codes({"a@x.example", "park", "change", "data"}), ElementsAre(250, 451));
    hop.listen_again();
    expect_recovery();
}

TEST_F(ParkTest, WithoutPipeliningOneAfterTheOther) {
    hop.keywords = {"8BITMIME"};
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "data"}), ElementsAre(250, 250, 250));
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 2u);
    hop.messages.clear();
    change = [this] { hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 gone\r\n"); };
    hop.commands.clear();
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "change", "data"}), ElementsAre(250, 250, 451));
    EXPECT_THAT(hop.commands, testing::Not(testing::Contains("DATA")));
    EXPECT_TRUE(hop.messages.empty());
}

TEST_F(ParkTest, AThousandRecipientsFitThrough) {
    Steps steps;
    for (int i = 0; i < 1000; ++i)
        steps.push_back("recipient-with-a-name-of-some-length-" + std::to_string(i) + "@x.example");
    steps.push_back("park");
    steps.push_back("data");
    EXPECT_EQ(codes(steps).back(), 250);
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 1000u);
}

} // namespace
} // namespace lazaret::relay
