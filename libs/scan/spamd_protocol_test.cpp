#include "scan/spamd_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::scan::spamd {
namespace {

using State = Outcome::State;
using Daemon = Outcome::Daemon;

std::vector<std::string> names(const Outcome& outcome) {
    std::vector<std::string> all;
    for (const auto& finding : outcome.findings)
        all.push_back(finding.name);
    return all;
}

TEST(SpamdProtocol, Request) {
    EXPECT_EQ(request(42, ""), "SYMBOLS SPAMC/1.4\r\nContent-length: 42\r\n\r\n");
    EXPECT_EQ(request(1, "out-bound_1"), "SYMBOLS SPAMC/1.4\r\nContent-length: 1\r\nUser: out-bound_1\r\n\r\n");
}

TEST(SpamdProtocol, AUserIsAUserAndNothingMore) {
    EXPECT_EQ(request(1, "a@b\r\nX: y/../z"), "SYMBOLS SPAMC/1.4\r\nContent-length: 1\r\nUser: a_b__X__y____z\r\n\r\n");
    EXPECT_LT(request(1, std::string(1000, 'u')).size(), 200u);
}

TEST(SpamdProtocol, Spam) {
    const auto outcome = parse_reply("SPAMD/1.1 0 EX_OK\r\nContent-length: 14\r\nSpam: True ; 1000.0 / 5.0\r\n\r\nGTUBE,NO_DATE\r\n");
    EXPECT_EQ(outcome.state, State::found);
    EXPECT_EQ(outcome.wish, Wish::spam);
    EXPECT_DOUBLE_EQ(outcome.score, 1000);
    EXPECT_EQ(outcome.daemon, Daemon::answered);
    EXPECT_THAT(names(outcome), testing::ElementsAre("spamassassin.GTUBE", "spamassassin.NO_DATE"));
}

TEST(SpamdProtocol, HamAndOtherWaysToWriteIt) {
    for (const auto* reply : {"SPAMD/1.1 0 EX_OK\r\nSpam: False ; -0.2 / 5.0\r\n\r\nA,B\r\n", "SPAMD/1.0 0 EX_OK\nSpam: false;-0.2/5.0\n\nA, B",
                              "SPAMD/1.1 0 EX_OK\r\nspam: No ; -0.2 / 5.0\r\nX: y\r\n\r\nA\r\nB\r\n"}) {
        const auto outcome = parse_reply(reply);
        EXPECT_EQ(outcome.state, State::clean) << reply << outcome.failure;
        EXPECT_EQ(outcome.wish, Wish::none);
        EXPECT_DOUBLE_EQ(outcome.score, -0.2);
        EXPECT_THAT(names(outcome), testing::ElementsAre("spamassassin.A", "spamassassin.B"));
    }
}

TEST(SpamdProtocol, ACodeIsNoVerdict) {
    const auto outcome = parse_reply("SPAMD/1.1 79 EX_TIMEOUT\r\n\r\n");
    EXPECT_EQ(outcome.state, State::failed);
    EXPECT_EQ(outcome.daemon, Daemon::answered);
    EXPECT_THAT(outcome.failure, testing::HasSubstr("EX_TIMEOUT"));
}

TEST(SpamdProtocol, HalfAReplyIsNone) {
    const std::string whole = "SPAMD/1.1 0 EX_OK\r\nContent-length: 16\r\nSpam: True ; 15.0 / 5.0\r\n\r\nAAAA,BBBB,CCCCCC";
    EXPECT_EQ(parse_reply(whole).state, State::found);
    for (std::size_t size = 0; size < whole.size() - 2; ++size) { // two octets may be a line end that was only counted
        const auto outcome = parse_reply(whole.substr(0, size));
        EXPECT_EQ(outcome.state, State::failed) << size;
        EXPECT_EQ(outcome.daemon, Daemon::ailing) << size;
    }
}

TEST(SpamdProtocol, NonsenseIsNone) {
    for (const auto* reply :
         {"HTTP/1.1 200 OK\r\n\r\n", "SPAMD/1.1\r\n\r\n", "SPAMD/1.1 ok EX_OK\r\n\r\n", "SPAMD/1.1 0 EX_OK\r\n\r\nA,B",
          "SPAMD/1.1 0 EX_OK\r\nSpam: True\r\n\r\nA", "SPAMD/1.1 0 EX_OK\r\nSpam: Maybe ; 1 / 5\r\n\r\nA", "SPAMD/1.1 0 EX_OK\r\nnonsense\r\n\r\n",
          "SPAMD/1.1 0 EX_OK\r\nSpam: True ; many / 5\r\n\r\nA", "SPAMD/1.1 0 EX_OK\r\nSpam: True ; nan / 5\r\n\r\nA",
          "SPAMD/1.1 0 EX_OK\r\nContent-length: x\r\nSpam: True ; 1 / 5\r\n\r\nA"})
        EXPECT_EQ(parse_reply(reply).state, State::failed) << reply;
}

TEST(SpamdProtocol, SymbolsAreBounded) {
    std::string reply = "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 15.0 / 5.0\r\n\r\n";
    for (int i = 0; i < 1000; ++i)
        reply += "R" + std::to_string(i) + ",";
    EXPECT_EQ(parse_reply(reply + "a:b").findings.size(), max_findings);
}

} // namespace
} // namespace lazaret::scan::spamd
