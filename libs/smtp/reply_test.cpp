#include "smtp/client.hpp"
#include "smtp/replies.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

namespace lazaret::smtp {
namespace {

std::string wire(const Reply& reply) {
    std::string out;
    reply.append_to(out);
    return out;
}

TEST(Enhanced, Parses) {
    EXPECT_EQ(Enhanced::parse("5.1.1 no such user"), Enhanced(5, 1, 1));
    EXPECT_EQ(Enhanced::parse("2.0.0"), Enhanced(2, 0, 0));
    EXPECT_EQ(Enhanced::parse("4.999.123\nx"), Enhanced(4, 999, 123));
    for (const char* bad :
         {"", "5.1", "3.1.1 x", "5.1.1x", "5..1 x", "5.1. x", "5.1234.1 x", "5.1.1234", "x.1.1", "5.-1.1"})
        EXPECT_FALSE(Enhanced::parse(bad)) << bad;
    EXPECT_EQ(Enhanced(5, 7, 1).to_string(), "5.7.1");
    EXPECT_EQ(Enhanced().to_string(), "");
}

TEST(Reply, OneLine) {
    EXPECT_EQ(wire(Reply(250, Enhanced(2, 1, 0), "Ok")), "250 2.1.0 Ok\r\n");
    EXPECT_EQ(wire(Reply(354, Enhanced(), "Go")), "354 Go\r\n");
    EXPECT_EQ(wire(Reply(250, Enhanced(2, 0, 0), "")), "250 2.0.0\r\n");
    EXPECT_EQ(wire(Reply(334, Enhanced(), "")), "334 \r\n")
        << "RFC 4954 4: the space stays where the challenge is empty";
}

TEST(Reply, EveryLineHasBothCodes) {
    EXPECT_EQ(wire(Reply(550, Enhanced(5, 7, 1), "a\nb\n\nc")),
              "550-5.7.1 a\r\n550-5.7.1 b\r\n550-5.7.1\r\n550 5.7.1 c\r\n");
    EXPECT_EQ(wire(Reply(250, Enhanced(), "mx\nSIZE 5\nDSN")), "250-mx\r\n250-SIZE 5\r\n250 DSN\r\n");
}

TEST(Reply, LongTextIsWrappedAtSpaces) {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += "word ";
    text += "https://example.org/help";
    const std::string out = wire(Reply(550, Enhanced(5, 7, 1), text));
    std::string joined;
    for (const std::string_view line : split(out, '\n')) {
        if (line.empty()) continue;
        EXPECT_LE(line.size() + 1, 512u);
        EXPECT_TRUE(line.starts_with("550-5.7.1 ") || line.starts_with("550 5.7.1 ")) << line;
        joined += (joined.empty() ? "" : " ") + std::string(line.substr(10, line.size() - 11));
    }
    EXPECT_EQ(joined, text);
}

TEST(Reply, LongWordIsCut) {
    const std::string out = wire(Reply(250, Enhanced(), std::string(1200, 'x')));
    EXPECT_EQ(std::count(out.begin(), out.end(), 'x'), 1200);
    for (const std::string_view line : split(out, '\n'))
        EXPECT_LE(line.size() + 1, 512u);
}

TEST(Reply, OctetsThatHarmAreReplaced) {
    EXPECT_EQ(wire(Reply(451, Enhanced(4, 3, 0),
                         "a\a\x1b[31m\r\xff"
                         "b\tc")),
              "451 4.3.0 a??[31m??b\tc\r\n");
}

TEST(Reply, EnhancedCodeAgreesWithTheClass) {
    EXPECT_EQ(Reply(550, Enhanced(), "x").with_enhanced().enhanced(), Enhanced(5, 0, 0));
    EXPECT_EQ(Reply(550, Enhanced(4, 1, 1), "x").with_enhanced().enhanced(), Enhanced(5, 0, 0));
    EXPECT_EQ(Reply(550, Enhanced(5, 1, 1), "x").with_enhanced().enhanced(), Enhanced(5, 1, 1));
    EXPECT_EQ(Reply(354, Enhanced(), "x").with_enhanced().enhanced(), Enhanced());
}

TEST(Reply, Classes) {
    EXPECT_TRUE(Reply(250, Enhanced(), "").completed());
    EXPECT_TRUE(Reply(354, Enhanced(), "").positive());
    EXPECT_FALSE(Reply(354, Enhanced(), "").completed());
    EXPECT_TRUE(Reply(451, Enhanced(), "").transient());
    EXPECT_TRUE(Reply(550, Enhanced(), "").permanent());
}

// What a reader of the wire makes of each of our own replies.
TEST(Replies, AreWellFormedAndComeBackWhole) {
    using namespace replies;
    const std::vector<Reply> all = {
        banner("mx.example.org"),
        too_many_connections(),
        too_many_from_address(),
        not_permitted("192.0.2.1"),
        shutting_down(),
        timed_out(),
        too_many_errors(),
        closing(),
        ok(),
        reset_ok(),
        vrfy(),
        help(),
        not_implemented(),
        unknown_command(),
        line_too_long(),
        bare_newline_in_command(),
        bad_octets(),
        foreign_protocol(),
        bad_sequence("x"),
        syntax("x"),
        ready_for_tls(),
        tls_required(),
        tls_unavailable(),
        tls_already(),
        auth_required(),
        auth_needs_tls(),
        auth_already(),
        mechanism_unknown(),
        auth_challenge("VXNlcm5hbWU6"),
        auth_ok(),
        auth_failed(),
        auth_cancelled(),
        auth_malformed(),
        auth_unavailable(),
        sender_ok(),
        recipient_ok(),
        start_data(),
        parameter_unknown("X"),
        bad_parameter("x"),
        bad_sender_address(),
        bad_recipient_address(),
        size_exceeds(5),
        size_exceeds(0),
        needs_smtputf8(),
        too_many_recipients(),
        no_recipients(),
        sender_not_fqdn(),
        recipient_not_fqdn(),
        quarantined("spam", "https://example.org/q"),
        limit_reached("100 messages an hour", "5 minutes", "https://example.org/l"),
        unjudged_limit_reached("5 minutes", "https://example.org/l"),
        content_refused("https://example.org/c"),
        attachment_refused("https://example.org/c"),
        virus_refused("https://example.org/c"),
        content_unjudged(),
        header_too_big(),
        loop(),
        bare_newline(),
        nul_octet(),
        out_of_space(),
        next_hop_unavailable(),
        next_hop_lost(),
        next_hop_changed(),
        internal(),
        accepted("queued as 4ABC"),
        accepted(""),
    };
    for (const Reply& reply : all) {
        ReplyReader reader;
        const std::string out = wire(reply);
        EXPECT_EQ(reader.feed(out), out.size());
        ASSERT_EQ(reader.state(), ReplyReader::State::complete) << out;
        EXPECT_EQ(reader.take(), reply) << out;
        const bool may_lack = reply.code() == 220 || reply.code() / 100 == 3; // banner, intermediate replies
        EXPECT_TRUE(may_lack || reply.enhanced().klass == reply.code() / 100) << out;
        EXPECT_FALSE(reply.text().empty());
    }
}

TEST(Replies, TheUrlStandsLast) {
    EXPECT_TRUE(replies::quarantined("spam was sent", "https://a.example/x")
                    .text()
                    .ends_with(" https://a.example/x"));
    EXPECT_TRUE(replies::limit_reached("5 messages", "1 minute", "https://a.example/x")
                    .text()
                    .ends_with(" https://a.example/x"));
    EXPECT_TRUE(replies::unjudged_limit_reached("1 minute", "https://a.example/x").text().ends_with(" https://a.example/x"));
    EXPECT_TRUE(replies::content_refused("https://a.example/x").text().ends_with(" https://a.example/x"));
    EXPECT_TRUE(replies::attachment_refused("https://a.example/x").text().ends_with(" https://a.example/x"));
    EXPECT_EQ(replies::quarantined("", "").text(), "Sending mail is blocked for you");
}

} // namespace
} // namespace lazaret::smtp
