#include "net/init.hpp"
#include "relay/fake_hop.hpp"
#include "relay/transaction.hpp"

#include <gmock/gmock.h>

namespace lazaret::relay {
namespace {

using namespace test;
using smtp::Reply;
using testing::ElementsAre;
using testing::HasSubstr;

class Text : public Content {
  public:
    explicit Text(std::vector<std::string> pieces, bool fails = false)
        : pieces_(std::move(pieces)), fails_(fails) {}
    Result<std::string_view> next() override {
        if (at_ < pieces_.size()) return std::string_view(pieces_[at_++]);
        if (fails_) return Error("disk error");
        return std::string_view();
    }
    std::uint64_t size() const override {
        std::uint64_t sum = 0;
        for (const auto& piece : pieces_)
            sum += piece.size();
        return sum;
    }

  private:
    std::vector<std::string> pieces_;
    bool fails_;
    std::size_t at_ = 0;
};

struct Outcome {
    std::vector<Reply> rcpts;
    Reply data;
    bool rcpt_failed = false, failed = false;
};

class TransactionTest : public ::testing::Test {
  protected:
    TransactionTest() : hop(loop) {
        net::init();
        settings.address = hop.address();
        settings.hostname = "lazaret.example";
        settings.connect_timeout = settings.reply_timeout = settings.data_timeout = 30s;
        make_pool();
    }
    void make_pool() { pool = std::make_unique<Pool>(loop.io, loop.deadlines, settings); }

    static smtp::MailFrom from(std::string address) {
        smtp::MailFrom mail;
        mail.path.at = address.find('@');
        mail.path.address = std::move(address);
        return mail;
    }
    static smtp::RcptTo to(std::string address) {
        smtp::RcptTo rcpt;
        rcpt.path.at = address.find('@');
        rcpt.path.address = std::move(address);
        return rcpt;
    }
    smtp::Forward forward() {
        smtp::Forward out;
        out.address = *IpAddress::parse("192.0.2.7");
        out.helo = "pc";
        out.ident = ident;
        return out;
    }
    /// One message as a client's session would send it.
    Outcome send(std::vector<std::string> recipients = {"a@b.example"},
                 std::string content = "Subject: x\r\n\r\nhi\r\n") {
        return send(from("me@isp.example"), std::move(recipients), Text({std::move(content)}));
    }
    Outcome send(smtp::MailFrom mail, std::vector<std::string> recipients, Text content) {
        Outcome out;
        loop.run(send_one(std::move(mail), std::move(recipients), std::move(content), out));
        return out;
    }
    net::task<> send_one(smtp::MailFrom mail, std::vector<std::string> recipients, Text content,
                         Outcome& out) {
        Transaction transaction(*pool, forward(), std::move(mail));
        bool any = false;
        for (auto& address : recipients) {
            auto rcpt = to(address);
            auto reply = co_await transaction.rcpt(std::move(rcpt));
            any = any || reply.positive();
            out.rcpts.push_back(std::move(reply));
            out.rcpt_failed = transaction.failed();
        }
        if (!any) co_return;
        out.data = co_await transaction.data(content);
        out.failed = transaction.failed();
    }
    /// A message that must come to a temporary failure, at RCPT or at the end, and to nothing at the hop.
    void expect_deferred(const Outcome& out, int code = 451) {
        const auto& last = out.data.code() ? out.data : out.rcpts.back();
        EXPECT_EQ(last.code(), code) << last.text();
        EXPECT_EQ(last.enhanced().klass, 4);
        EXPECT_TRUE(out.data.code() ? out.failed : out.rcpt_failed);
        EXPECT_TRUE(hop.messages.empty());
    }
    void wait_for_reset() {
        loop.run_until([&] { return pool->idle() == 1; });
    }
    /// The next client is served at once, and nothing comes twice.
    void expect_recovery() {
        hop.acts.clear();
        hop.fault_after = 0;
        hop.after_dot.clear();
        hop.messages.clear();
        const auto out = send();
        EXPECT_EQ(out.data.code(), 250) << out.data.text();
        EXPECT_EQ(hop.messages.size(), 1u);
    }

    Loop loop;
    FakeHop hop;
    TraceId ident = TraceId::make(now());
    PoolSettings settings;
    std::unique_ptr<Pool> pool;
};

TEST_F(TransactionTest, HandsAMessageOver) {
    const auto out = send({"a@b.example", "c@d.example"}, "Subject: x\r\n\r\n.dot\r\n");
    ASSERT_EQ(out.rcpts.size(), 2u);
    EXPECT_EQ(out.rcpts[0].code(), 250);
    EXPECT_EQ(out.data, Reply(250, {2, 0, 0}, "Ok: queued as F00"));
    EXPECT_FALSE(out.failed);
    ASSERT_EQ(hop.messages.size(), 1u);
    EXPECT_EQ(hop.messages[0].content, "Subject: x\r\n\r\n..dot\r\n");
    EXPECT_THAT(hop.messages[0].rcpts, ElementsAre("RCPT TO:<a@b.example>", "RCPT TO:<c@d.example>"));
    ASSERT_EQ(hop.commands.size(), 6u);
    EXPECT_EQ(hop.commands[0], "EHLO lazaret.example");
    EXPECT_THAT(hop.commands[1], HasSubstr(" ADDR=192.0.2.7"));
    EXPECT_THAT(hop.commands[1], HasSubstr(" IDENT=" + ident.to_string()));
    EXPECT_EQ(hop.commands[2], "MAIL FROM:<me@isp.example>");
    EXPECT_EQ(hop.groups, 5) << "EHLO; XFORWARD, MAIL and RCPT; RCPT; DATA; content with its dot";
}

TEST_F(TransactionTest, UsesAConnectionAgain) {
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.connections, 1);
    EXPECT_EQ(hop.messages.size(), 5u);
}

TEST_F(TransactionTest, WithoutPipeliningEachCommandWaits) {
    hop.keywords = {"8BITMIME"};
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.groups, 5) << "EHLO, MAIL, RCPT, DATA, content";
    hop.acts["mail"] = Act("550 5.1.8 bad sender\r\n");
    EXPECT_EQ(send().rcpts[0].code(), 550);
    EXPECT_EQ(std::count(hop.commands.begin(), hop.commands.end(), "RCPT TO:<a@b.example>"), 1)
        << "not after the refusal";
}

TEST_F(TransactionTest, GreetsWithHeloWhereEhloIsUnknown) {
    hop.acts["ehlo"] = Act("502 5.5.1 no\r\n");
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.commands[1], "HELO lazaret.example");
    EXPECT_EQ(hop.commands[2], "MAIL FROM:<me@isp.example>");
}

TEST_F(TransactionTest, SendsOnlyParametersThatThisConnectionOffers) {
    auto mail = from("me@isp.example");
    mail.ret = smtp::Ret::headers;
    mail.envid = "QQ1";
    mail.size = 1234;
    mail.body = smtp::Body::eight_bit_mime;
    EXPECT_EQ(send(mail, {"a@b.example"}, Text({"x\r\n"})).data.code(), 250);
    EXPECT_EQ(hop.commands[2], "MAIL FROM:<me@isp.example> SIZE=1234 BODY=8BITMIME RET=HDRS ENVID=QQ1");
    hop.keywords = {"PIPELINING"};
    hop.drop_connections();
    EXPECT_EQ(send(mail, {"a@b.example"}, Text({"x\r\n"})).data.code(), 250);
    EXPECT_THAT(hop.commands, testing::Contains("MAIL FROM:<me@isp.example>"));
}

TEST_F(TransactionTest, RefusesSmtputf8ThatTheHopLacks) {
    hop.keywords = {"PIPELINING"};
    auto mail = from("m\xc3\xa9@isp.example");
    mail.smtputf8 = true;
    const auto out = send(mail, {"a@b.example"}, Text({"x\r\n"}));
    EXPECT_EQ(out.rcpts[0].code(), 550);
    EXPECT_EQ(out.rcpts[0].enhanced(), smtp::Enhanced(5, 6, 7));
    EXPECT_FALSE(out.rcpt_failed);
    EXPECT_EQ(send().data.code(), 250);
    EXPECT_EQ(hop.connections, 1) << "the connection was not spoiled";
}

TEST_F(TransactionTest, EachRecipientHasItsOwnAnswer) {
    hop.acts["RCPT TO:<a@x.example>"] = Act("550 5.1.1 nobody\r\n");
    hop.acts["RCPT TO:<c@x.example>"] = Act("450-4.2.1 later\r\n450 4.2.1 perhaps\r\n");
    hop.acts["RCPT TO:<d@x.example>"] = Act("251 2.1.5 will forward\r\n");
    const auto out = send({"a@x.example", "b@x.example", "c@x.example", "d@x.example"});
    EXPECT_EQ(out.rcpts[0], Reply(550, {5, 1, 1}, "nobody"));
    EXPECT_EQ(out.rcpts[1].code(), 250);
    EXPECT_EQ(out.rcpts[2], Reply(450, {4, 2, 1}, "later\nperhaps"));
    EXPECT_EQ(out.rcpts[3], Reply(251, {2, 1, 5}, "will forward"));
    EXPECT_EQ(out.data.code(), 250);
    EXPECT_THAT(hop.messages.at(0).rcpts, ElementsAre("RCPT TO:<b@x.example>", "RCPT TO:<d@x.example>"));
}

TEST_F(TransactionTest, ARefusedMailIsTheAnswerToEveryRecipient) {
    hop.acts["mail"] = Act("550 5.1.8 bad sender\r\n");
    const auto out = send({"a@b.example", "c@d.example"});
    EXPECT_EQ(out.rcpts[0], Reply(550, {5, 1, 8}, "bad sender"));
    EXPECT_EQ(out.rcpts[1], out.rcpts[0]);
    EXPECT_FALSE(out.rcpt_failed);
    wait_for_reset();
    expect_recovery();
    EXPECT_EQ(hop.connections, 1) << "RSET made the connection usable again";
    EXPECT_THAT(hop.commands, testing::Contains("RSET"));
}

TEST_F(TransactionTest, RefusalsAtDataAndDotArePassedOn) {
    hop.acts["data"] = Act("554 5.6.0 no\r\n");
    EXPECT_EQ(send().data, Reply(554, {5, 6, 0}, "no"));
    wait_for_reset();
    hop.acts.clear();
    hop.acts["dot"] = Act("452 4.3.1 disk full\r\n");
    EXPECT_EQ(send().data, Reply(452, {4, 3, 1}, "disk full"));
    hop.acts["dot"] = Act("550-5.7.1 spam\x07\r\n550 5.7.1 says \xff\r\n");
    const auto out = send();
    EXPECT_EQ(out.data, Reply(550, {5, 7, 1}, "spam?\nsays ?"));
    EXPECT_FALSE(out.failed);
    expect_recovery();
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(TransactionTest, AnAbandonedTransactionIsReset) {
    loop.run([](Pool& p, smtp::Forward f, smtp::MailFrom m, smtp::RcptTo r) -> net::task<> {
        Transaction transaction(p, std::move(f), std::move(m));
        const auto reply = co_await transaction.rcpt(std::move(r));
        EXPECT_EQ(reply.code(), 250);
    }(*pool, forward(), from("me@isp.example"), to("a@b.example")));
    wait_for_reset();
    expect_recovery();
    EXPECT_EQ(hop.connections, 1);
    EXPECT_EQ(hop.messages.at(0).rcpts.size(), 1u);
}

TEST_F(TransactionTest, XforwardRefusedIsNoReasonToFail) {
    hop.acts["xforward"] = Act("550 5.7.0 no\r\n");
    EXPECT_EQ(send().data.code(), 250);
    hop.acts["xforward"] = Act("451 4.3.0 not now\r\n");
    hop.drop_connections();
    EXPECT_EQ(send().data.code(), 250);
}

TEST_F(TransactionTest, MultiLineAndDrippedRepliesAreReplies) {
    hop.acts["banner"] = Act("220-a\r\n220-b\r\n220 c\r\n");
    hop.acts["mail"] = Act("250\r\n");
    hop.acts["dot"] = Act("250-2.0.0 a\n250 2.0.0 queued\n");
    const auto out = send();
    EXPECT_EQ(out.data, Reply(250, {2, 0, 0}, "a\nqueued"));
}

// Faults: what is never success, and how the next client fares.

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
    make_pool();
    hop.acts[GetParam().stage] = GetParam().act;
    expect_deferred(send());
    expect_recovery();
}

TEST_P(FaultTest, IsDeferredOnAPooledConnection) {
    settings.reply_timeout = settings.data_timeout = 300ms;
    make_pool();
    EXPECT_EQ(send().data.code(), 250);
    hop.messages.clear();
    const std::string stage = GetParam().stage;
    if (stage == "banner" || stage == "ehlo") hop.drop_connections();
    hop.acts[stage] = GetParam().act;
    expect_deferred(send());
    expect_recovery();
}

std::vector<FaultCase> faults() {
    std::vector<FaultCase> all;
    for (const char* stage : {"banner", "ehlo", "mail", "rcpt", "data", "dot"}) {
        for (const auto& act :
             {closes, resets, stalls, Act("421 4.3.2 down\r\n", Act::Then::close), Act("421 4.3.2 down\r\n"),
              Act("SSH-2.0-OpenSSH\r\n"), Act("999 x\r\n", Act::Then::close), Act("25", Act::Then::close),
              Act("25", Act::Then::stall), Act("250-ok\r\n", Act::Then::close), Act("\r\n"),
              Act("250 " + std::string(70000, 'x') + "\r\n", Act::Then::close), Act("334 what\r\n")})
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

TEST_F(TransactionTest, NobodyListens) {
    hop.refuse();
    const auto out = send();
    EXPECT_EQ(out.rcpts[0].code(), 451);
    EXPECT_EQ(out.rcpts[0].enhanced(), smtp::Enhanced(4, 4, 1));
    EXPECT_TRUE(out.rcpt_failed);
    EXPECT_FALSE(pool->reachable());
    hop.listen_again();
    expect_recovery();
    EXPECT_TRUE(pool->reachable());
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
    make_pool();
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

} // namespace
} // namespace lazaret::relay
