#include "smtp/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lazaret::smtp {
namespace {

using State = ReplyReader::State;

TEST(ReplyReader, OneReplyAtATime) {
    ReplyReader reader;
    const std::string input = "250 2.1.0 Ok\r\n550 5.1.1 no\r\n";
    EXPECT_TRUE(reader.idle());
    EXPECT_EQ(reader.feed(input), 14u);
    ASSERT_EQ(reader.state(), State::complete);
    EXPECT_FALSE(reader.idle());
    EXPECT_EQ(reader.feed("x"), 0u) << "a complete reply is taken first";
    EXPECT_EQ(reader.take(), Reply(250, Enhanced(2, 1, 0), "Ok"));
    EXPECT_TRUE(reader.idle());
    EXPECT_EQ(reader.feed(input.substr(14)), 14u);
    EXPECT_EQ(reader.take(), Reply(550, Enhanced(5, 1, 1), "no"));
}

TEST(ReplyReader, AnySplitGivesTheSame) {
    const std::string input = "250-2.0.0 one\r\n250-\r\n250-2.0.0\r\n250 2.0.0 queued as X\r\n";
    const Reply wanted(250, Enhanced(2, 0, 0), "one\n\n\nqueued as X");
    for (std::size_t a = 0; a <= input.size(); ++a) {
        for (std::size_t b = a; b <= input.size(); ++b) {
            ReplyReader reader;
            reader.feed(input.substr(0, a));
            EXPECT_EQ(reader.idle(), a == 0);
            reader.feed(input.substr(a, b - a));
            reader.feed(input.substr(b));
            ASSERT_EQ(reader.state(), State::complete) << a << ' ' << b;
            ASSERT_EQ(reader.take(), wanted) << a << ' ' << b;
        }
    }
}

Reply read(const std::string& input) {
    ReplyReader reader;
    EXPECT_EQ(reader.feed(input), input.size()) << input;
    EXPECT_EQ(reader.state(), State::complete) << input;
    return reader.take();
}

TEST(ReplyReader, OddButGood) {
    EXPECT_EQ(read("250\r\n"), Reply(250, Enhanced(), ""));
    EXPECT_EQ(read("250 \r\n"), Reply(250, Enhanced(), ""));
    EXPECT_EQ(read("250 2.1.0 ok\n"), Reply(250, Enhanced(2, 1, 0), "ok"));
    EXPECT_EQ(read("250 5.1.1 other class\r\n"), Reply(250, Enhanced(), "5.1.1 other class"));
    EXPECT_EQ(read("451 4.3.0 a\a\x1b[31m\xff\r\n"), Reply(451, Enhanced(4, 3, 0), "a\a\x1b[31m\xff"));
    EXPECT_EQ(read("354 go\r\n"), Reply(354, Enhanced(), "go"));
}

TEST(ReplyReader, Faults) {
    const std::string nul("250 a\0b\r\n", 9);
    for (const std::string& bad :
         {std::string("999 x\r\n"), std::string("199 x\r\n"), std::string("600 x\r\n"), std::string("25\r\n"),
          std::string("\r\n"), std::string("SSH-2.0-OpenSSH\r\n"), std::string("250-a\r\n251 b\r\n"),
          std::string("250_a\r\n"), std::string("250 a\rb\r\n"), std::string("25x ok\r\n"), nul,
          "250 " + std::string(65536, 'x') + "\r\n", std::string(5000, '2')}) {
        ReplyReader reader;
        reader.feed(bad);
        EXPECT_EQ(reader.state(), State::fault) << bad.substr(0, 40);
        EXPECT_EQ(reader.feed("250 ok\r\n"), 0u);
        EXPECT_EQ(reader.state(), State::fault) << "a fault stays";
    }
}

TEST(ReplyReader, ManyLinesAreAFault) {
    ReplyReader reader;
    for (int i = 0; i < 200; ++i) {
        reader.feed("250-x\r\n");
        ASSERT_EQ(reader.state(), State::need_more);
    }
    reader.feed("250 x\r\n");
    EXPECT_EQ(reader.state(), State::fault);
    ReplyReader fat;
    for (int i = 0; i < 20; ++i)
        fat.feed("250-" + std::string(4000, 'x') + "\r\n");
    EXPECT_EQ(fat.state(), State::fault);
}

TEST(Ehlo, ParsesWhatPostfixOffers) {
    const auto hop = parse_ehlo(
        read("250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ENHANCEDSTATUSCODES\r\n"
             "250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-STARTTLS\r\n"
             "250-AUTH PLAIN login\r\n250-XCLIENT NAME ADDR\r\n250 XFORWARD name ADDR IDENT\r\n"));
    EXPECT_TRUE(hop.pipelining && hop.size && hop.enhanced_status_codes && hop.eight_bit_mime && hop.dsn &&
                hop.smtputf8);
    EXPECT_TRUE(hop.chunking && hop.starttls);
    EXPECT_EQ(hop.max_size, 52428800u);
    EXPECT_EQ(hop.xforward, (std::vector<std::string>{"NAME", "ADDR", "IDENT"}));
    EXPECT_EQ(hop.xclient, (std::vector<std::string>{"NAME", "ADDR"}));
    EXPECT_EQ(hop.auth_mechanisms, (std::vector<std::string>{"PLAIN", "LOGIN"}));
}

TEST(Ehlo, OddKeywordsDoNoHarm) {
    const auto hop =
        parse_ehlo(read("250-DSN is my name\r\n250-X-ODD =;,\r\n250-SIZE abc\r\n250-8bitmime\r\n250-\r\n"
                        "250-AUTH=LOGIN\r\n250-PIPELINING x y\r\n250 " +
                        std::string(300, 'a') + "\r\n"));
    EXPECT_FALSE(hop.dsn) << "the first line is the greeting";
    EXPECT_TRUE(hop.size && hop.eight_bit_mime && hop.pipelining);
    EXPECT_EQ(hop.max_size, 0u);
    EXPECT_TRUE(hop.auth_mechanisms.empty());
}

Extensions everything() {
    Extensions hop;
    hop.size = hop.eight_bit_mime = hop.smtputf8 = hop.dsn = true;
    hop.xforward = {"NAME", "ADDR", "PROTO", "HELO", "SOURCE", "PORT", "IDENT"};
    return hop;
}

Path path(const std::string& address) {
    Path made;
    made.address = address;
    made.at = std::min(address.rfind('@'), address.size());
    return made;
}

TEST(Compose, MailWithEverythingTheHopTakes) {
    MailFrom mail;
    mail.path = path("a@example.org");
    mail.body = Body::eight_bit_mime;
    mail.smtputf8 = true;
    mail.ret = Ret::headers;
    mail.envid = "QQ+2B1";
    std::string wire;
    append_mail(wire, mail, 1234, everything());
    EXPECT_EQ(wire, "MAIL FROM:<a@example.org> SIZE=1234 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B1\r\n");
    wire.clear();
    append_mail(wire, mail, 1234, Extensions());
    EXPECT_EQ(wire, "MAIL FROM:<a@example.org>\r\n");
    wire.clear();
    append_mail(wire, MailFrom(), 0, everything());
    EXPECT_EQ(wire, "MAIL FROM:<>\r\n");
}

TEST(Compose, RcptWithDsn) {
    RcptTo rcpt;
    rcpt.path = path("b@example.org");
    rcpt.notify = "SUCCESS,DELAY";
    rcpt.orcpt = "rfc822;b@example.org";
    std::string wire;
    append_rcpt(wire, rcpt, everything());
    EXPECT_EQ(wire, "RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org\r\n");
    wire.clear();
    append_rcpt(wire, rcpt, Extensions());
    EXPECT_EQ(wire, "RCPT TO:<b@example.org>\r\n");
}

TEST(Compose, ALineEndInAnArgumentIsABug) {
    std::string wire;
    RcptTo rcpt;
    rcpt.path = path("b@example.org>\r\nRSET");
    EXPECT_THROW(append_rcpt(wire, rcpt, everything()), std::logic_error);
    EXPECT_THROW(append_ehlo(wire, "a\nb"), std::logic_error);
}

TEST(Xforward, OnlyWhatTheHopTakes) {
    Forward forward;
    forward.name = "client.example.org";
    forward.address = *IpAddress::parse("192.0.2.7");
    forward.port = 4711;
    forward.helo = "my pc=1+1";
    forward.ident = *TraceId::parse("0123456789abcdefghjk");
    std::string wire;
    EXPECT_EQ(append_xforward(wire, forward, everything()), 1);
    EXPECT_EQ(wire,
              "XFORWARD NAME=client.example.org ADDR=192.0.2.7 PORT=4711 PROTO=ESMTP HELO=my+20pc+3D1+2B1 "
              "IDENT=0123456789abcdefghjk SOURCE=REMOTE\r\n");
    Extensions hop;
    hop.xforward = {"IDENT"};
    wire.clear();
    EXPECT_EQ(append_xforward(wire, forward, hop), 1);
    EXPECT_EQ(wire, "XFORWARD IDENT=0123456789abcdefghjk\r\n");
    wire.clear();
    EXPECT_EQ(append_xforward(wire, forward, Extensions()), 0);
    EXPECT_EQ(wire, "");
}

TEST(Xforward, UnknownIsSaid) {
    std::string wire;
    Forward forward;
    forward.address = *IpAddress::parse("2001:db8::5");
    EXPECT_EQ(append_xforward(wire, forward, everything()), 1);
    EXPECT_EQ(
        wire,
        "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::5 PORT=[UNAVAILABLE] PROTO=ESMTP HELO=[UNAVAILABLE] "
        "IDENT=[UNAVAILABLE] SOURCE=REMOTE\r\n");
}

TEST(Xclient, LoginIsTheWholeLoginOrNone) {
    Extensions hop;
    hop.xclient = {"NAME", "ADDR", "LOGIN"};
    std::string wire;
    EXPECT_TRUE(append_xclient_login(wire, "user+1@isp.example", hop));
    EXPECT_EQ(wire, "XCLIENT LOGIN=user+2B1@isp.example\r\n");
    wire.clear();
    EXPECT_TRUE(append_xclient_login(wire, "a b\r\nRSET", hop));
    EXPECT_EQ(wire, "XCLIENT LOGIN=a+20b+0D+0ARSET\r\n") << "one command stays one command";
    wire.clear();
    EXPECT_TRUE(append_xclient_login(wire, "", hop));
    EXPECT_EQ(wire, "XCLIENT LOGIN=[UNAVAILABLE]\r\n");
    wire.clear();
    EXPECT_TRUE(append_xclient_login(wire, std::string(255, 'x'), hop));
    wire.clear();
    EXPECT_FALSE(append_xclient_login(wire, std::string(256, 'x'), hop));
    hop.xclient = {"NAME", "ADDR"};
    EXPECT_FALSE(append_xclient_login(wire, "user", hop));
    EXPECT_EQ(wire, "");
}

TEST(Xforward, LongValuesAreCutAndSpreadOverCommands) {
    Forward forward;
    forward.name = std::string(300, 'n');
    forward.helo = std::string(255, '+'); // three octets each when encoded
    std::string wire;
    const int commands = append_xforward(wire, forward, everything());
    EXPECT_EQ(commands, 2);
    EXPECT_EQ(std::count(wire.begin(), wire.end(), '\n'), commands);
    std::size_t begin = 0;
    while (begin < wire.size()) {
        const std::size_t end = wire.find("\r\n", begin) + 2;
        EXPECT_LE(end - begin, 512u);
        EXPECT_TRUE(wire.substr(begin).starts_with("XFORWARD "));
        begin = end;
    }
    EXPECT_NE(wire.find(" NAME=" + std::string(255, 'n') + " "), std::string::npos);
}

} // namespace
} // namespace lazaret::smtp
