#include "scan/clamd_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::scan::clamd {
namespace {

using namespace std::chrono_literals;
using State = Outcome::State;
using Daemon = Outcome::Daemon;

TEST(ClamdProtocol, PiecesHaveTheirSizeBeforeThem) {
    const auto header = piece_header(0x01020384);
    EXPECT_EQ(std::string(header.data(), header.size()), "\x01\x02\x03\x84");
    EXPECT_EQ(scan_command.size(), 10u);
    EXPECT_EQ(scan_command.back(), '\0');
    EXPECT_EQ(end_of_stream, std::string(4, '\0'));
}

TEST(ClamdProtocol, CleanAndFound) {
    const auto clean = parse_reply("stream: OK\0"sv);
    EXPECT_EQ(clean.state, State::clean);
    EXPECT_EQ(clean.wish, Wish::none);
    EXPECT_THAT(clean.findings, testing::IsEmpty());
    const auto found = parse_reply("stream: Eicar-Test.UNOFFICIAL FOUND\0"sv);
    EXPECT_EQ(found.state, State::found);
    EXPECT_EQ(found.wish, Wish::virus);
    ASSERT_EQ(found.findings.size(), 1u);
    EXPECT_EQ(found.findings[0].name, "clamav.Eicar-Test.UNOFFICIAL");
    EXPECT_EQ(found.daemon, Daemon::answered);
}

TEST(ClamdProtocol, HeuristicsAndUnwantedProgramsAreOnlySuspicious) {
    EXPECT_EQ(parse_reply("stream: Heuristics.Encrypted.Zip FOUND").wish, Wish::suspicion);
    EXPECT_EQ(parse_reply("stream: PUA.Win.Packer.Upx FOUND").wish, Wish::suspicion);
    EXPECT_EQ(parse_reply("stream: PUAx.Win FOUND").wish, Wish::virus);
}

TEST(ClamdProtocol, NamesAreSafe) {
    const auto found = parse_reply("stream: a b:c\x01(0123:68) FOUND");
    EXPECT_EQ(found.findings.at(0).name, "clamav.a_b_c_");
    const auto lengthy = parse_reply("stream: " + std::string(1000, 'x') + " FOUND");
    EXPECT_EQ(lengthy.findings.at(0).name.size(), max_finding_name);
}

TEST(ClamdProtocol, ErrorsAreNoVerdict) {
    const auto error = parse_reply("stream: Can't open file or directory ERROR");
    EXPECT_EQ(error.state, State::failed);
    EXPECT_EQ(error.daemon, Daemon::answered);
    EXPECT_THAT(error.failure, testing::HasSubstr("Can't open"));
    const auto large = parse_reply("INSTREAM size limit exceeded. ERROR\0"sv);
    EXPECT_EQ(large.state, State::skipped);
    EXPECT_THAT(large.failure, testing::HasSubstr("StreamMaxLength"));
    for (const auto* nonsense : {"", "\n", "UNKNOWN COMMAND", "stream: ", "stream: OK?", "220 mail ESMTP", "OK", " FOUND", "stream: FOUND"}) {
        const auto outcome = parse_reply(nonsense);
        EXPECT_EQ(outcome.state, State::failed) << nonsense;
        EXPECT_EQ(outcome.daemon, Daemon::ailing) << nonsense;
        EXPECT_FALSE(outcome.failure.empty()) << nonsense;
    }
}

TEST(ClamdProtocol, VersionTellsTheAgeOfTheSignatures) {
    const auto version = parse_version("ClamAV 1.4.6/27500/Mon Jan  5 10:42:07 2026\0"sv);
    ASSERT_TRUE(version) << version.error().message;
    EXPECT_EQ(version->engine, "1.4.6");
    EXPECT_EQ(version->database, 27500u);
    EXPECT_EQ(format_rfc3339(version->built.value()), "2026-01-05T10:42:07.000000Z");
    EXPECT_EQ(version->age(*version->built + 36h), Duration(36h));
    EXPECT_EQ(version->age(*version->built - 3h), Duration::zero()); // another time zone
    const auto late = parse_version("ClamAV 1.0.7/1/Fri Oct 23 00:00:00 2026");
    EXPECT_EQ(format_rfc3339(late.value().built.value()), "2026-10-23T00:00:00.000000Z");
}

TEST(ClamdProtocol, VersionWithoutADatabase) {
    const auto version = parse_version("ClamAV 1.4.6\0"sv);
    ASSERT_TRUE(version);
    EXPECT_EQ(version->database, 0u);
    EXPECT_FALSE(version->age(Time()));
}

TEST(ClamdProtocol, WhatIsNoVersion) {
    for (const auto* text : {"", "ClamAV ", "PONG", "ClamAV 1/x/Mon Jan  5 10:42:07 2026", "ClamAV 1/2", "ClamAV 1/2/yesterday",
                             "ClamAV 1/2/Mon Feb 31 10:42:07 2026", "ClamAV 1/99999999999/Mon Jan  5 10:42:07 2026"})
        EXPECT_FALSE(parse_version(text)) << text;
}

} // namespace
} // namespace lazaret::scan::clamd
