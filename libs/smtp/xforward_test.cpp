#include "smtp/server.hpp"
#include "smtp/xforward.hpp"

#include <gtest/gtest.h>

namespace lazaret::smtp {
namespace {

Forwarded parsed(std::string_view argument) {
    Forwarded out;
    const auto refusal = parse_xforward(argument, out);
    EXPECT_FALSE(refusal) << argument << ": " << refusal->text();
    return out;
}

TEST(XForward, AllAttributes) {
    const auto seen = parsed("NAME=pc.home.example ADDR=198.51.100.7 PROTO=ESMTP HELO=pc SOURCE=REMOTE PORT=4711 IDENT=4A5B");
    EXPECT_EQ(seen.name, "pc.home.example");
    EXPECT_EQ(seen.address, IpAddress::parse("198.51.100.7").value());
    EXPECT_EQ(seen.port, 4711);
    EXPECT_EQ(seen.helo, "pc");
    EXPECT_EQ(seen.ident, "4A5B");
    EXPECT_TRUE(seen.esmtp);
    EXPECT_FALSE(seen.local);
    EXPECT_FALSE(parsed("proto=smtp").esmtp) << "names and words in any case";
    EXPECT_TRUE(parsed("source=local").local);
    EXPECT_EQ(parsed("ADDR=IPV6:2001:db8::1").address, IpAddress::parse("2001:db8::1").value());
}

TEST(XForward, XtextIsDecodedAndMadeHarmless) {
    EXPECT_EQ(parsed("HELO=a+2Bb+3Dc").helo, "a+b=c");
    EXPECT_EQ(parsed("HELO=x+0D+0AMAIL").helo, "x??MAIL") << "no line end comes out of xtext";
    EXPECT_EQ(parsed("NAME=n+00").name, "n?");
}

TEST(XForward, WhatIsNotKnown) {
    EXPECT_EQ(parsed("NAME=[UNAVAILABLE] ADDR=[unavailable] PORT=[UNAVAILABLE] SOURCE=[UNAVAILABLE]"), Forwarded());
}

TEST(XForward, CommandsAddUp) {
    Forwarded seen = parsed("ADDR=192.0.2.1 HELO=first");
    EXPECT_FALSE(parse_xforward("HELO=second PORT=25", seen));
    EXPECT_EQ(seen.address, IpAddress::parse("192.0.2.1").value());
    EXPECT_EQ(seen.helo, "second");
    EXPECT_EQ(seen.port, 25);
    EXPECT_FALSE(parse_xforward("ADDR=[UNAVAILABLE]", seen));
    EXPECT_FALSE(seen.address);
}

TEST(XForward, WrongOnesChangeNothing) {
    const Forwarded before = parsed("ADDR=192.0.2.1");
    for (const char* wrong :
         {"", "ADDR", "=x", "ADDR=", "ADDR=2001:db8::1", "ADDR=IPV6:192.0.2.1", "ADDR=[192.0.2.1]", "ADDR=192.0.2.1.5",
          "PORT=0", "PORT=65536", "PORT=-1", "PORT=1x", "SOURCE=ELSEWHERE", "HELO=a+2", "HELO=a+GG", "LOGIN=somebody",
          "ADDR=192.0.2.2 HELO", "ADDR=192.0.2.2 PORT=none"}) {
        Forwarded seen = before;
        const auto refusal = parse_xforward(wrong, seen);
        ASSERT_TRUE(refusal) << wrong;
        EXPECT_EQ(refusal->code(), 501) << wrong;
        EXPECT_EQ(seen, before) << wrong;
    }
    Forwarded seen;
    EXPECT_FALSE(parse_xforward("HELO=" + std::string(255, 'h'), seen));
    EXPECT_TRUE(parse_xforward("HELO=" + std::string(256, 'h'), seen));
    EXPECT_TRUE(parse_xforward("PROTO=" + std::string(65, 'p'), seen));
}

class XForwardServer : public testing::Test {
  protected:
    XForwardServer() { settings_.accept_xforward = true; }
    int say(std::string_view line) { return server_.feed(line, Extensions()).reply.code(); }
    ServerSettings settings_;
    Server server_{settings_};
};

TEST_F(XForwardServer, AnnouncedWhereItIsTaken) {
    EXPECT_NE(server_.feed("EHLO front.example", Extensions()).reply.text().find("XFORWARD NAME ADDR"), std::string::npos);
    ServerSettings others;
    Server other(others);
    EXPECT_EQ(other.feed("EHLO front.example", Extensions()).reply.text().find("XFORWARD"), std::string::npos);
    EXPECT_EQ(other.feed("XFORWARD ADDR=192.0.2.1", Extensions()).reply.code(), 502);
    EXPECT_EQ(other.forwarded(), nullptr);
}

TEST_F(XForwardServer, BetweenGreetingAndMailOnly) {
    EXPECT_EQ(say("XFORWARD ADDR=192.0.2.1"), 503);
    EXPECT_EQ(say("EHLO front.example"), 250);
    EXPECT_EQ(say("XFORWARD ADDR=192.0.2.1"), 250);
    EXPECT_EQ(say("XFORWARD PORT=99"), 250);
    EXPECT_EQ(say("XFORWARD PORT=none"), 501);
    EXPECT_EQ(say("MAIL FROM:<a@b.example> AUTH=<>"), 250) << "a parameter that the front may pass on";
    server_.mail_accepted();
    EXPECT_EQ(say("XFORWARD ADDR=192.0.2.9"), 503);
    server_.rcpt_accepted();
    EXPECT_EQ(say("XFORWARD ADDR=192.0.2.9"), 503);
    ASSERT_TRUE(server_.forwarded());
    EXPECT_EQ(server_.forwarded()->address, IpAddress::parse("192.0.2.1").value());
    EXPECT_EQ(server_.forwarded()->port, 99);
}

TEST_F(XForwardServer, EachMessageTellsItsOwnClient) {
    for (const char* end : {"RSET", "EHLO front.example", "end of data"}) {
        EXPECT_EQ(say("EHLO front.example"), 250);
        EXPECT_EQ(say("XFORWARD ADDR=192.0.2.1"), 250);
        EXPECT_EQ(say("MAIL FROM:<a@b.example>"), 250);
        server_.mail_accepted();
        if (std::string_view(end) == "end of data") server_.transaction_ended();
        else EXPECT_EQ(say(end), 250);
        EXPECT_EQ(server_.forwarded(), nullptr) << end;
    }
}

} // namespace
} // namespace lazaret::smtp
