#include "core/text.hpp"
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
        settings.health_interval = 20ms;
        make_hops();
    }
    void make_hops() { make_hops({settings}); }
    void make_hops(std::vector<PoolSettings> all) {
        hops.reset();
        hops = std::make_unique<HopGroup>(loop.io, loop.deadlines, std::move(all));
    }
    /// Probes find out that a hop is back.
    void await_health() {
        if (hops->reachable()) return;
        hops->start();
        loop.run_until([&] { return hops->reachable(); });
    }
    PoolSettings to_hop(const FakeHop& other) const {
        auto each = settings;
        each.address = other.address();
        return each;
    }

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
        Transaction transaction(*hops, forward(), std::move(mail), [this] { ++slow; });
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
        loop.run_until([&] { return hops->idle() == 1; });
    }
    /// The next client is served at once, and nothing comes twice.
    void expect_recovery() {
        hop.acts.clear();
        hop.fault_after = 0;
        hop.after_dot.clear();
        hop.messages.clear();
        await_health();
        const auto out = send();
        EXPECT_EQ(out.data.code(), 250) << out.data.text();
        EXPECT_EQ(hop.messages.size(), 1u);
    }

    Loop loop;
    FakeHop hop;
    TraceId ident = TraceId::make(now());
    PoolSettings settings;
    std::unique_ptr<HopGroup> hops;
    int slow = 0; ///< how often somebody had to be told that it takes time
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
    EXPECT_EQ(send(mail, {"a@b.example"}, Text({"x\r\n"})).rcpts[0], hop_lacks_8bitmime()) << "content is not converted";
    mail.body = smtp::Body::seven_bit;
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
    loop.run([](HopGroup& p, smtp::Forward f, smtp::MailFrom m, smtp::RcptTo r) -> net::task<> {
        Transaction transaction(p, std::move(f), std::move(m));
        const auto reply = co_await transaction.rcpt(std::move(r));
        EXPECT_EQ(reply.code(), 250);
    }(*hops, forward(), from("me@isp.example"), to("a@b.example")));
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
    hop.acts["banner"] = Act("220-a\r\n220-b\r\n220 c\r\n", Act::Then::drip);
    hop.acts["rcpt"] = Act("250-2.1.5 a\r\n250 2.1.5 Ok\r\n", Act::Then::drip);
    hop.acts["data"] = Act("354 go\r\n", Act::Then::drip);
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

// Slow clients: the connection goes back while they think.

class ParkTest : public TransactionTest {
  protected:
    using Steps = std::vector<std::string>; ///< recipients, "park", "data"
    net::task<> follow(Steps steps, std::vector<Reply>& replies) {
        Transaction transaction(*hops, forward(), from("me@isp.example"));
        for (const auto& step : steps) {
            if (step == "park") {
                transaction.park();
                EXPECT_FALSE(transaction.holds_connection());
                continue;
            }
            if (step == "data") {
                Text content({"Subject: x\r\n\r\nhi\r\n"});
                auto reply = co_await transaction.data(content);
                replies.push_back(std::move(reply));
                failed = transaction.failed();
                continue;
            }
            if (step == "change") {
                if (change) change();
                continue;
            }
            auto rcpt = to(step);
            auto reply = co_await transaction.rcpt(std::move(rcpt));
            replies.push_back(std::move(reply));
        }
    }
    std::vector<int> codes(Steps steps) {
        std::vector<Reply> replies;
        loop.run(follow(std::move(steps), replies));
        std::vector<int> out;
        for (const auto& reply : replies) out.push_back(reply.code());
        return out;
    }
    std::function<void()> change;
    bool failed = false;
};

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

// Several hops.

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

// XCLIENT LOGIN.

class XclientTest : public TransactionTest {
  protected:
    XclientTest() {
        settings.xclient_login = true;
        hop.keywords.push_back("XCLIENT NAME ADDR PROTO HELO LOGIN");
        make_hops();
    }
    Reply send_as(const std::string& login) {
        Outcome out;
        auto who = forward();
        who.login = login;
        loop.run([](HopGroup& group, smtp::Forward f, smtp::MailFrom m, smtp::RcptTo r, Outcome& into) -> net::task<> {
            Transaction transaction(group, std::move(f), std::move(m));
            into.data = co_await transaction.rcpt(std::move(r));
            if (!into.data.positive()) co_return;
            Text content({"x\r\n"});
            into.data = co_await transaction.data(content);
        }(*hops, std::move(who), from("me@isp.example"), to("a@b.example"), out));
        return out.data;
    }
    std::ptrdiff_t told() const {
        return std::count_if(hop.commands.begin(), hop.commands.end(),
                             [](const auto& command) { return command.starts_with("XCLIENT"); });
    }
};

TEST_F(XclientTest, EachMessageHasItsOwnAccount) {
    settings.max_connections = 1;
    make_hops();
    for (const std::string login : {"one+1@isp.example", "one+1@isp.example", "", "", "two@isp.example"}) {
        EXPECT_EQ(send_as(login).code(), 250);
        EXPECT_EQ(hop.messages.back().login, xtext_encode(login)) << "as encoded on the wire";
    }
    EXPECT_EQ(told(), 3) << "not where it is known";
    EXPECT_EQ(hop.connections, 1);
    EXPECT_THAT(hop.commands, testing::Contains("XCLIENT LOGIN=one+2B1@isp.example"));
    EXPECT_THAT(hop.commands, testing::Contains("XCLIENT LOGIN=[UNAVAILABLE]"));
    const auto xclient = std::find(hop.commands.begin(), hop.commands.end(), "XCLIENT LOGIN=two@isp.example");
    EXPECT_EQ(*(xclient + 1), "EHLO lazaret.example");
}

TEST_F(XclientTest, AConnectionThatKnowsTheAccountComesFirst) {
    loop.run([](HopGroup& group, smtp::Forward f, smtp::MailFrom m, smtp::RcptTo r) -> net::task<> {
        auto g = f;
        f.login = "one";
        g.login = "two";
        Transaction first(group, std::move(f), m), second(group, std::move(g), m);
        auto copy = r;
        co_await first.rcpt(std::move(copy));
        co_await second.rcpt(std::move(r));
    }(*hops, forward(), from("me@isp.example"), to("a@b.example")));
    loop.run_until([&] { return hops->idle() == 2; });
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send_as(i % 2 ? "one" : "two").code(), 250);
    EXPECT_EQ(told(), 2);
}

TEST_F(XclientTest, WhatIsRefusedDefersAndOnlyWhereAnAccountIsToBeTold) {
    hop.acts["xclient"] = Act("550 5.7.0 insufficient authorization\r\n");
    EXPECT_EQ(send_as("one").code(), 451);
    EXPECT_EQ(send_as("").code(), 250);
    EXPECT_EQ(hop.messages.size(), 1u);
    hop.acts.clear();
    EXPECT_EQ(send_as("one").code(), 250);
    hop.keywords = {"PIPELINING"};
    hop.drop_connections();
    EXPECT_EQ(send_as("one").code(), 451);
    EXPECT_EQ(send_as(std::string(300, 'x')).code(), 451);
}

TEST_F(XclientTest, EveryFaultIsA451) {
    settings.reply_timeout = 300ms;
    make_hops();
    for (const auto& act : {closes, stalls, Act("hello\r\n"), Act("421 4.3.2 down\r\n", Act::Then::close),
                            Act("220 ok\r\n220 twice\r\n"), Act("220 ok\r\n", Act::Then::close)}) {
        SCOPED_TRACE(act.text);
        hop.acts["xclient"] = act;
        EXPECT_EQ(send_as("one").code(), 451);
        EXPECT_TRUE(hop.messages.empty());
        hop.acts.clear();
        await_health();
    }
    EXPECT_EQ(send_as("one").code(), 250);
}

} // namespace
} // namespace lazaret::relay
