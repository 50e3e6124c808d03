#include "smtp/policy_request.hpp"

#include "smtp/replies.hpp"

#include <gtest/gtest.h>

namespace lazaret::smtp {
namespace {

using State = PolicyReader::State;

const std::string at_rcpt = "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nhelo_name=pc.home\nqueue_id=\n"
                            "sender=anna@isp.example\nrecipient=bob@example.org\nrecipient_count=0\nclient_address=198.51.100.7\n"
                            "client_name=unknown\nclient_port=4711\ninstance=123.456.7\nsasl_method=plain\nsasl_username=anna\n"
                            "size=12345\nccert_subject=\nstress=\n\n";

TEST(PolicyReader, AtRcpt) {
    PolicyReader reader;
    EXPECT_TRUE(reader.idle());
    EXPECT_EQ(reader.feed(at_rcpt + "request="), at_rcpt.size()) << "one request at a time";
    ASSERT_EQ(reader.state(), State::complete);
    const auto seen = reader.take();
    EXPECT_EQ(seen.state, "RCPT");
    EXPECT_EQ(seen.instance, "123.456.7");
    EXPECT_EQ(seen.sender, "anna@isp.example");
    EXPECT_EQ(seen.recipient, "bob@example.org");
    EXPECT_EQ(seen.helo, "pc.home");
    EXPECT_EQ(seen.client, IpAddress::parse("198.51.100.7").value());
    EXPECT_EQ(seen.client_port, 4711);
    EXPECT_EQ(seen.login, "anna");
    EXPECT_EQ(seen.recipients, 0u);
    EXPECT_EQ(seen.size, 12345u);
    EXPECT_TRUE(reader.idle());
}

TEST(PolicyReader, NothingOfARequestIsLeftInTheNext) {
    PolicyReader reader;
    reader.feed(at_rcpt);
    reader.take();
    reader.feed("request=smtpd_access_policy\nprotocol_state=MAIL\n\n");
    ASSERT_EQ(reader.state(), State::complete);
    PolicyRequest wanted;
    wanted.state = "MAIL";
    EXPECT_EQ(reader.take(), wanted);
}

TEST(PolicyReader, InAnyPieces) {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        PolicyReader reader;
        for (std::size_t at = 0; at < at_rcpt.size(); at += piece) {
            const auto part = at_rcpt.substr(at, piece);
            EXPECT_EQ(reader.feed(part), part.size());
        }
        ASSERT_EQ(reader.state(), State::complete) << piece;
        EXPECT_EQ(reader.take().login, "anna");
    }
}

TEST(PolicyReader, ValuesMayHoldEqualsAndBeEmpty) {
    PolicyReader reader;
    reader.feed("request=smtpd_access_policy\nsender=\nrecipient=a=b@example.org\nclient_address=unknown\nclient_port=unknown\n"
                "recipient_count=\nlater_attribute=x\n\n");
    ASSERT_EQ(reader.state(), State::complete);
    const auto seen = reader.take();
    EXPECT_EQ(seen.recipient, "a=b@example.org");
    EXPECT_FALSE(seen.client);
    EXPECT_EQ(seen.client_port, 0);
}

TEST(PolicyReader, Faults) {
    const std::string begin = "request=smtpd_access_policy\n";
    std::string many = begin;
    for (int i = 0; i < 200; ++i) many += "a=b\n";
    for (const std::string& wrong :
         {std::string("\n"), std::string("request=junk\n"), std::string("sender=x\n\n"), begin + "sender\n", begin + "=x\n",
          begin + std::string("sender=a\0b\n", 11), begin + "size=-1\n", begin + "size=99999999999999999999\n",
          begin + "client_port=65536\n", begin + "recipient_count=4294967296\n", begin + "sender=" + std::string(4096, 'x'), many,
          std::string("EHLO x\r\n")}) {
        PolicyReader reader;
        reader.feed(wrong);
        EXPECT_EQ(reader.state(), State::fault) << wrong.substr(0, 80);
        EXPECT_EQ(reader.feed("more"), 0u);
    }
    PolicyReader big;
    big.feed(begin);
    for (int i = 0; i < 20; ++i) big.feed("sender=" + std::string(4000, 'x') + "\n");
    EXPECT_EQ(big.state(), State::fault);
}

TEST(PolicyAnswer, IsOneLine) {
    std::string wire;
    append_dunno(wire);
    EXPECT_EQ(wire, "action=DUNNO\n\n");
    wire.clear();
    append_action(wire, Reply(550, Enhanced(5, 7, 1), "Blocked\nfor\r\nnow"));
    EXPECT_EQ(wire, "action=550 5.7.1 Blocked for  now\n\n");
    wire.clear();
    append_action(wire, Reply(450, Enhanced(), std::string(5000, 'x')));
    EXPECT_TRUE(wire.starts_with("action=450 4.0.0 xxx"));
    EXPECT_LT(wire.size(), 1100u);
}

} // namespace
} // namespace lazaret::smtp
