// A message and its envelope: what the hop gets, and whose answer is passed on.

#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

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
        const Answered answered = [](const smtp::RcptTo&, const Reply& reply) { EXPECT_EQ(reply.code(), 250); };
        co_await transaction.rcpt(std::span(&r, 1), answered);
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

} // namespace
} // namespace lazaret::relay
