// Faults of the hop: what is never success, and how the next client fares.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;

struct FaultCase {
    const char* stage;
    Act act;
    friend void PrintTo(const FaultCase& one, std::ostream* out) {
        *out << one.stage << ": " << one.act.text.substr(0, 40);
    }
};

class FaultTest : public TransactionTest, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(FaultTest, IsDeferredOnAFreshConnection) {
    settings.reply_timeout = settings.data_timeout = 300ms;
    make_hops();
    hop.acts[GetParam().stage] = GetParam().act;
    expect_deferred(send());
    expect_recovery();
}

TEST_P(FaultTest, IsDeferredOnAPooledConnection) {
    settings.reply_timeout = settings.data_timeout = 300ms;
    make_hops();
    EXPECT_EQ(send().data.code(), 250);
    hop.messages.clear();
    const std::string stage = GetParam().stage;
    if (stage == "banner" || stage == "ehlo") hop.drop_connections();
    hop.acts[stage] = GetParam().act;
    expect_deferred(send());
    expect_recovery();
}

std::string flood() {
    std::string lines;
    for (int i = 0; i < 20000; ++i)
        lines += "250-more\r\n";
    return lines;
}

std::vector<FaultCase> faults() {
    std::vector<FaultCase> all;
    for (const char* stage : {"banner", "ehlo", "mail", "rcpt", "data", "dot"}) {
        for (const auto& act :
             {closes, resets, stalls, Act("421 4.3.2 down\r\n", Act::Then::close), Act("421 4.3.2 down\r\n"),
              Act("SSH-2.0-OpenSSH\r\n"), Act("999 x\r\n", Act::Then::close), Act("25", Act::Then::close),
              Act("25", Act::Then::stall), Act("250-ok\r\n", Act::Then::close), Act("\r\n"),
              Act("250 " + std::string(70000, 'x') + "\r\n", Act::Then::close), Act("334 what\r\n"),
              Act(flood(), Act::Then::close)})
            all.push_back({stage, act});
    }
    all.push_back({"banner", Act("554 5.3.2 no\r\n", Act::Then::close)});
    all.push_back({"banner", Act("250 hello\r\n")});
    all.push_back({"ehlo", Act("451 4.3.0 later\r\n")});
    all.push_back({"mail", Act("530 5.7.0 authenticate first\r\n")});
    all.push_back({"mail", Act("503 5.5.1 nested\r\n")});
    all.push_back({"mail", Act("354 what\r\n")});
    all.push_back({"rcpt", Act("354 what\r\n")});
    all.push_back({"data", Act("250 what\r\n")});
    all.push_back({"dot", Act("354 what\r\n")});
    return all;
}
INSTANTIATE_TEST_SUITE_P(Stages, FaultTest, ::testing::ValuesIn(faults()), [](const auto& each) {
    return std::string(each.param.stage) + "_" + std::to_string(each.index);
});

TEST_F(TransactionTest, WhomTheHopNamesIsNotLogged) {
    const std::string says = " 5.1.1 <bob@b.example>: user bob is unknown\r\n";
    std::string big;
    while (big.size() < 3000000)
        big += std::string(70, 'q') + "\r\n";
    const std::pair<const char*, Act> acts[] = {{"rcpt", Act("421" + says)},
                                                {"rcpt", Act("999" + says)},
                                                {"dot", Act("421" + says)},
                                                {"dot", Act("354" + says)},
                                                {"content", Act("550" + says)}};
    for (const auto& [stage, act] : acts) {
        hop.messages.clear();
        if (stage == std::string("content")) hop.fault = act, hop.fault_after = 1000;
        else hop.acts[stage] = act;
        testing::internal::CaptureStderr();
        expect_deferred(send({"bob@b.example"}, big));
        const auto log = testing::internal::GetCapturedStderr();
        EXPECT_THAT(log, ::testing::HasSubstr("event=next_hop_lost"));
        EXPECT_THAT(log, ::testing::HasSubstr("5.1.1 <***@b.example>: user *** is")) << act.text;
        EXPECT_THAT(log, ::testing::Not(::testing::HasSubstr("bob")));
        expect_recovery();
    }
}

TEST_F(TransactionTest, NobodyListens) {
    hop.refuse();
    const auto out = send();
    EXPECT_EQ(out.rcpts[0].code(), 451);
    EXPECT_EQ(out.rcpts[0].enhanced(), smtp::Enhanced(4, 4, 1));
    EXPECT_TRUE(out.rcpt_failed);
    EXPECT_FALSE(hops->reachable());
    hop.listen_again();
    expect_recovery();
    EXPECT_TRUE(hops->reachable());
}

TEST_F(TransactionTest, ADeadPooledConnectionIsReplacedUnseen) {
    for (const auto& act : {closes, resets, Act("421 4.4.2 timeout\r\n", Act::Then::close)}) {
        EXPECT_EQ(send().data.code(), 250);
        const int before = hop.connections;
        hop.acts["xforward"] = act; // the pool cannot know yet
        hop.acts["xforward"].once = true;
        EXPECT_EQ(send().data.code(), 250);
        EXPECT_EQ(hop.connections, before + 1);
    }
}

TEST_F(TransactionTest, FaultsInMidContent) {
    std::string big;
    while (big.size() < 3000000)
        big += std::string(70, 'q') + "\r\n";
    for (const auto& act :
         {closes, resets, Act("250 2.0.0 ok\r\n", Act::Then::stall),
          Act("250 2.0.0 ok\r\n", Act::Then::close), Act("452 4.3.1 full\r\n", Act::Then::close),
          Act("421 4.3.2 x\r\n", Act::Then::close)}) {
        for (const std::size_t after : {1u, 1000u, 100000u}) {
            hop.fault = act;
            hop.fault_after = after;
            hop.messages.clear();
            expect_deferred(send({"a@b.example"}, big));
            expect_recovery();
        }
    }
}

TEST_F(TransactionTest, AnEarly250IsNoAcknowledgementEvenWhenTheHopReadsOn) {
    std::string big;
    while (big.size() < 3000000)
        big += std::string(70, 'q') + "\r\n";
    hop.fault = Act("250 2.0.0 ok\r\n");
    hop.fault_after = 1000;
    hop.acts["dot"] = Act("550 5.7.1 spam\r\n");
    expect_deferred(send({"a@b.example"}, big));
    expect_recovery();
}

TEST_F(TransactionTest, AHopThatStopsReadingEndsInTheDataTimeout) {
    settings.data_timeout = 500ms;
    make_hops();
    hop.fault = stalls;
    hop.fault_after = 1000;
    expect_deferred(send({"a@b.example"}, std::string(20 << 20, 'x')));
    expect_recovery();
}

TEST_F(TransactionTest, BigMessagesInPiecesArriveWhole) {
    std::string whole;
    std::vector<std::string> pieces;
    for (int i = 0; i < 40; ++i) {
        std::string piece;
        for (int k = 0; k < 2000; ++k)
            piece += std::to_string(i * 10000 + k) + (k % 7 ? " text\r\n" : "\r\n.\r\n..x\r\n");
        whole += piece;
        pieces.push_back(std::move(piece));
    }
    const auto out = send(from("me@isp.example"), {"a@b.example"}, Text(pieces));
    EXPECT_EQ(out.data.code(), 250);
    ASSERT_EQ(hop.messages.size(), 1u);
    std::string stuffed;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i] == '.' && (i == 0 || whole[i - 1] == '\n')) stuffed += '.';
        stuffed += whole[i];
    }
    EXPECT_TRUE(hop.messages[0].content == stuffed);
}

TEST_F(TransactionTest, UnaskedRepliesAfterTheDotValidateNothing) {
    hop.after_dot = "250 2.0.0 extra\r\n250 extra\r\n354 go\r\n250 more\r\n";
    EXPECT_EQ(send().data.code(), 250) << "the first reply came after the dot: the hop has it";
    hop.after_dot.clear();
    hop.messages.clear();
    hop.acts["dot"] = Act("550 5.7.1 second refused\r\n");
    EXPECT_EQ(send().data.code(), 550);
    EXPECT_TRUE(hop.messages.empty());
    EXPECT_EQ(hop.connections, 2);
}

TEST_F(TransactionTest, UnaskedRepliesWhileIdleSpoilTheConnection) {
    EXPECT_EQ(send().data.code(), 250);
    hop.shout("250 2.0.0 extra\r\n");
    hop.acts["dot"] = Act("550 5.7.1 second refused\r\n");
    EXPECT_EQ(send().data.code(), 550);
    EXPECT_EQ(hop.connections, 2);
}

TEST_F(TransactionTest, UnaskedRepliesBetweenRcptAndDataBreakItOff) {
    hop.acts["rcpt"] = Act("250 2.1.5 Ok\r\n354 go\r\n250 2.0.0 queued\r\n");
    expect_deferred(send());
    hop.acts["rcpt"] = Act("250 2.1.5 Ok\r\n");
    hop.acts["data"] = Act("354 go\r\n250 2.0.0 queued\r\n");
    expect_deferred(send());
    expect_recovery();
}

TEST_F(TransactionTest, ContentThatCannotBeReadIsNeverEnded) {
    const auto out = send(from("me@isp.example"), {"a@b.example"}, Text({"half of it\r\n"}, true));
    EXPECT_EQ(out.data.code(), 451);
    EXPECT_TRUE(out.failed);
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(TransactionTest, AfterAFaultEveryAnswerIsTheSame) {
    hop.acts["RCPT TO:<b@x.example>"] = closes;
    const auto out = send({"a@x.example", "b@x.example", "c@x.example"});
    EXPECT_EQ(out.rcpts[0].code(), 250);
    EXPECT_EQ(out.rcpts[1].code(), 451);
    EXPECT_EQ(out.rcpts[2], out.rcpts[1]);
    EXPECT_EQ(out.data, out.rcpts[1]);
    EXPECT_TRUE(out.failed);
    EXPECT_TRUE(hop.messages.empty());
    expect_recovery();
}

TEST_F(TransactionTest, EveryStageMayRefuseForNowOrForGood) {
    for (const std::string stage : {"mail", "rcpt", "data", "dot"}) {
        for (const std::string code : {"450 4.7.1", "451 4.7.1", "452 4.5.3", "550 5.7.1", "552 5.2.2", "554 5.7.1"}) {
            SCOPED_TRACE(stage + " " + code);
            hop.messages.clear();
            hop.acts[stage] = Act(code + " because\r\n");
            const auto out = send();
            const auto& reply = out.data.code() ? out.data : out.rcpts.back();
            EXPECT_EQ(std::to_string(reply.code()) + " " + reply.enhanced().to_string(), code);
            EXPECT_EQ(reply.text(), "because");
            EXPECT_TRUE(hop.messages.empty());
            hop.acts.clear();
            wait_for_reset();
            EXPECT_EQ(send().data.code(), 250) << "and the connection serves on";
        }
    }
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(TransactionTest, AWaitForTheHopIsToldOnce) {
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(slow, 1) << "a connection had to be opened";
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(slow, 1) << "all was quick";
    settings.reply_timeout = 1s;
    make_hops();
    EXPECT_EQ(send().data.code(), 250);
    slow = 0;
    hop.acts["rcpt"] = stalls;
    EXPECT_EQ(send().rcpts[0].code(), 451);
    EXPECT_EQ(slow, 1);
}

} // namespace
} // namespace lazaret::relay
