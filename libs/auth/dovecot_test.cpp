#include "auth/dovecot.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

using namespace std::string_literals;
using Kind = DovecotReply::Kind;
using State = Dovecot::State;

const std::string handshake = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tSCRAM-SHA-256\tmutual-auth\n"
                              "MECH\tDOVECOT-TOKEN\tprivate\nMECH\tlogin\tplaintext\nMECH\tPLAIN\nMECH\tB@D\n"
                              "SPID\t42\nCUID\t1\nCOOKIE\tabcd\nDONE\n";

Dovecot ready() {
    Dovecot out;
    out.feed(handshake);
    return out;
}

TEST(Dovecot, ShakesHandsInAnyPieces) {
    EXPECT_EQ(Dovecot::greeting(77), "VERSION\t1\t1\nCPID\t77\n");
    for (std::size_t piece = 1; piece < handshake.size(); piece += 7) {
        Dovecot protocol;
        for (std::size_t at = 0; at < handshake.size(); at += piece) {
            EXPECT_EQ(protocol.state(), State::handshake);
            protocol.feed(handshake.substr(at, piece));
        }
        ASSERT_EQ(protocol.state(), State::ready);
        EXPECT_EQ(protocol.mechanisms(), (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256", "LOGIN"}));
    }
}

TEST(Dovecot, WritesRequests) {
    DovecotClient client;
    client.local = *IpAddress::parse("192.0.2.1");
    client.local_port = 587;
    client.remote = *IpAddress::parse("2001:db8::9");
    client.remote_port = 40000;
    EXPECT_EQ(Dovecot::begin(7, "PLAIN", client, "\0tim\0secret"s),
              "AUTH\t7\tPLAIN\tservice=smtp\tnologin\tsecured\tlip=192.0.2.1\tlport=587\trip=2001:db8::9\trport=40000\t"
              "resp=AHRpbQBzZWNyZXQ=\n");
    client.local = IpAddress();
    EXPECT_EQ(Dovecot::begin(8, "CRAM-MD5", client, std::nullopt),
              "AUTH\t8\tCRAM-MD5\tservice=smtp\tnologin\tsecured\trip=2001:db8::9\trport=40000\n");
    EXPECT_EQ(Dovecot::go_on(8, "tim x"), "CONT\t8\tdGltIHg=\n");
    EXPECT_EQ(Dovecot::cancel(8), "CANCEL\t8\n");
}

TEST(Dovecot, ReadsReplies) {
    auto protocol = ready();
    EXPECT_FALSE(protocol.next());
    protocol.feed("OK\t7\tuser=t\001tm\001n\tnologin\nFAIL\t8\tuser=tom\treason=no\nCONT\t9\tdGlt\nCONT\t10\t\nNEWS\t1\nFAIL\t11\ttemp\nFA");
    auto reply = protocol.next();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->id, 7u);
    EXPECT_EQ(reply->kind, Kind::ok);
    EXPECT_EQ(reply->user, "t\tm\n");
    reply = protocol.next();
    EXPECT_EQ(reply->kind, Kind::fail);
    EXPECT_FALSE(reply->temporary);
    reply = protocol.next();
    EXPECT_EQ(reply->kind, Kind::go_on);
    EXPECT_EQ(reply->data, "dGlt");
    EXPECT_EQ(protocol.next()->data, "");
    reply = protocol.next();
    EXPECT_EQ(reply->id, 11u);
    EXPECT_TRUE(reply->temporary);
    EXPECT_FALSE(protocol.next());
    protocol.feed("IL\t12\tcode=temp_fail\n");
    EXPECT_TRUE(protocol.next()->temporary);
    EXPECT_EQ(protocol.state(), State::ready);
}

TEST(Dovecot, AStrangePeerIsNoDovecot) {
    for (const auto& words : {"\n"s, "VERSION\n"s, "VERSION\t2\t0\n"s, "VERSION\tx\t0\n"s, "MECH\tPLAIN\nVERSION\t1\t1\n"s,
                              "220 mail.example ESMTP\n"s, std::string(Dovecot::max_line + 1, 'x')}) {
        Dovecot protocol;
        protocol.feed(words);
        EXPECT_EQ(protocol.state(), State::broken) << words.substr(0, 40);
        EXPECT_FALSE(protocol.reason().empty());
        protocol.feed(handshake);
        EXPECT_EQ(protocol.state(), State::broken);
    }
    for (const auto& words : {"OK\n"s, "OK\t\n"s, "FAIL\tx\n"s, "CONT\t4294967296\tdGlt\n"s, "CONT\t1\tno base64\n"s,
                              std::string(Dovecot::max_line + 1, 'x')}) {
        auto protocol = ready();
        protocol.feed(words);
        EXPECT_EQ(protocol.state(), State::broken) << words.substr(0, 40);
    }
}

TEST(Dovecot, NoReplyBeforeTheHandshakeIsOver) {
    Dovecot protocol;
    protocol.feed("VERSION\t1\t1\nOK\t1\tuser=tim\n");
    EXPECT_FALSE(protocol.next());
}

} // namespace
} // namespace lazaret::auth
