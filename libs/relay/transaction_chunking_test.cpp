// BDAT towards a next hop that offers CHUNKING: the message in one turn, octet by octet as it is.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class ChunkingTest : public ParkTest {
  protected:
    ChunkingTest() { hop.keywords.push_back("CHUNKING"); }
};

TEST_F(ChunkingTest, TheMessageIsOneChunk) {
    const auto out = send({"a@b.example", "c@d.example"}, "Subject: x\r\n\r\n.dot\r\n.\r\n");
    EXPECT_EQ(out.data, Reply(250, {2, 0, 0}, "Ok: queued as F00"));
    ASSERT_EQ(hop.messages.size(), 1u);
    EXPECT_EQ(hop.messages[0].content, "Subject: x\r\n\r\n.dot\r\n.\r\n") << "dots are text";
    EXPECT_EQ(hop.messages[0].rcpts.size(), 2u);
    EXPECT_THAT(hop.commands, Contains("BDAT 23 LAST"));
    EXPECT_THAT(hop.commands, Not(Contains("DATA")));
    EXPECT_EQ(hop.groups, 4) << "EHLO; XFORWARD, MAIL and RCPT; RCPT; BDAT with its chunk";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(ChunkingTest, PiecesOfAnySizeArriveWhole) {
    std::string whole;
    std::vector<std::string> pieces;
    for (std::size_t size : {1, 65'000, 100, 70'000, 300'000, 3}) {
        pieces.emplace_back(size, static_cast<char>('a' + pieces.size()));
        whole += pieces.back();
    }
    const auto out = send(from("me@isp.example"), {"a@b.example"}, Text(pieces));
    EXPECT_EQ(out.data.code(), 250);
    EXPECT_TRUE(hop.messages.at(0).content == whole);
}

TEST_F(ChunkingTest, AParkedEnvelopeIsAnsweredBeforeTheChunk) {
    settings.max_connections = 1;
    make_hops();
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "park", "data"}), ElementsAre(250, 250, 250));
    EXPECT_EQ(hop.messages.size(), 1u);
    change = [&] { hop.acts["RCPT TO:<b@x.example>"] = Act("550 5.1.1 nobody\r\n"); };
    EXPECT_EQ(codes({"a@x.example", "b@x.example", "park", "change", "data"}).back(), 451);
    EXPECT_TRUE(failed);
    EXPECT_EQ(hop.messages.size(), 1u) << "nobody gets what not all get";
    wait_for_reset();
    expect_recovery();
    EXPECT_EQ(hop.connections, 1) << "no content was begun, so the connection is in step";
}

TEST_F(ChunkingTest, AConnectionLostBeforeTheContentIsReplacedUnseen) {
    change = [&] { hop.drop_connections(); };
    EXPECT_THAT(codes({"a@x.example", "b@x.example", "change", "data"}), ElementsAre(250, 250, 250));
    EXPECT_EQ(hop.connections, 2);
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 2u);
}

TEST_F(ChunkingTest, AJudgementIsPassedOnAndTheConnectionServesOn) {
    for (const char* judgement : {"550 5.7.1 spam\r\n", "452 4.3.1 full\r\n", "554 5.6.0 no\r\n"}) {
        hop.acts["bdat"] = Act(judgement);
        EXPECT_EQ(send().data.code(), std::stoi(judgement));
    }
    expect_recovery();
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(ChunkingTest, WhoDoesNotKnowItAfterAllIsNotAskedAgain) {
    hop.acts["bdat"] = Act("502 5.5.1 what\r\n");
    const auto out = send();
    EXPECT_EQ(out.data.code(), 451) << "its fault, and the next attempt will do";
    EXPECT_TRUE(out.failed);
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.commands.back(), "DATA");
    EXPECT_EQ(hop.connections, 2) << "it may have taken the content for commands";
}

TEST_F(ChunkingTest, EveryFaultIsA451) {
    settings.data_timeout = 300ms;
    for (const Act& act : {closes, resets, stalls, Act("421 4.3.2 bye\r\n"), Act("354 go\r\n"), Act("hello\r\n")}) {
        make_hops();
        hop.messages.clear();
        hop.acts["bdat"] = act;
        expect_deferred(send());
        expect_recovery();
    }
}

TEST_F(ChunkingTest, AnAnswerBeforeTheLastOctetIsNone) {
    settings.data_timeout = 1s;
    make_hops();
    hop.fault_after = 1000;
    hop.fault = Act("250 2.0.0 Ok\r\n", Act::Then::stall);
    expect_deferred(send({"a@b.example"}, std::string(4'000'000, 'x')));
    expect_recovery();
}

TEST_F(ChunkingTest, ContentThatCannotBeReadIsNeverEnded) {
    const auto out = send(from("me@isp.example"), {"a@b.example"}, Text({"Subject: x\r\n\r\n"}, true));
    expect_deferred(out);
    expect_recovery();
}

} // namespace
} // namespace lazaret::relay
