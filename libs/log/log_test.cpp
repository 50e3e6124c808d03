#include "log/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace lazaret::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// What `act` writes to file descriptor 2.
template <class Act> std::string stderr_of(Act act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t from = 0;
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', from = at + 1))
        lines.push_back(text.substr(from, at - from));
    return lines;
}

TEST(Compose, WritesTextAndNumbers) {
    const std::string trace = "0abc";
    EXPECT_EQ(
        compose(
            "mail_relayed", "Message relayed",
            {{"trace", trace}, {"size", 1234u}, {"n", -5}, {"score", 2.5}, {"tls", true}, {"who", "a@b"}}),
        R"(event=mail_relayed msg="Message relayed" trace=0abc size=1234 n=-5 score=2.5 tls=true who=a@b)");
}

TEST(Compose, QuotesWhatWouldBreakTheLine) {
    EXPECT_EQ(compose("e", "", {{"v", "a b"}}), R"(event=e msg="" v="a b")");
    EXPECT_EQ(compose("e", "m", {{"v", "a=b"}}), R"(event=e msg=m v="a=b")");
    EXPECT_EQ(compose("e", "m", {{"v", "say \"x\\y\""}}), R"(event=e msg=m v="say \"x\\y\"")");
}

TEST(Compose, MakesControlOctetsAndBrokenUtf8Printable) {
    EXPECT_EQ(compose("e", "m", {{"v", std::string_view("a\r\nfake\t\x1b[31m\0", 14)}}),
              R"(event=e msg=m v="a\r\nfake\t\x1b[31m\x00")");
    EXPECT_EQ(compose("e", "m", {{"v", "M\xc3\xbcller"}}), "event=e msg=m v=\"M\xc3\xbcller\"");
    EXPECT_EQ(compose("e", "m", {{"v", "\xff\xc3"}}), R"(event=e msg=m v="\xff\xc3")");
    EXPECT_EQ(compose("e", "m", {{"v", "\xc2\x9b"}}), R"(event=e msg=m v="\xc2\x9b")"); // C1 control CSI
}

TEST(Compose, CutsLongText) {
    const std::string line = compose("e", "m", {{"v", std::string(5000, 'x')}});
    EXPECT_LT(line.size(), 1100u);
    EXPECT_THAT(line, HasSubstr("xxx...\""));
}

TEST(Log, PlainLineHasTimeProgramAndLevel) {
    init(Level::info, Format::plain, "lazaret-test");
    const auto text = stderr_of([] { warn("disk_full", "Disk is full", {{"free", 0}}); });
    EXPECT_THAT(text, MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z lazaret-test\\[[0-9]+\\] warn "
                                   "event=disk_full msg=\"Disk is full\" free=0\n"));
}

TEST(Log, SystemdLineHasPriority) {
    init(Level::debug, Format::systemd, "lazaret-test");
    const auto text = stderr_of([] {
        debug("d", "m");
        info("i", "m");
        warn("w", "m");
        error("e", "m");
    });
    EXPECT_EQ(text, "<7>level=debug event=d msg=m\n<6>level=info event=i msg=m\n"
                    "<4>level=warn event=w msg=m\n<3>level=error event=e msg=m\n");
}

TEST(Log, LevelsBelowTheThresholdAreSilent) {
    init(Level::warn, Format::plain, "lazaret-test");
    EXPECT_FALSE(enabled(Level::info));
    EXPECT_TRUE(enabled(Level::error));
    EXPECT_EQ(stderr_of([] {
                  debug("d", "m");
                  info("i", "m");
              }),
              "");
    set_level(Level::debug);
    EXPECT_THAT(stderr_of([] { debug("d", "m"); }), HasSubstr("debug event=d"));
}

TEST(Log, LinesOfSeveralThreadsStayWhole) {
    init(Level::info, Format::systemd, "lazaret-test");
    const auto text = stderr_of([] {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([] {
                for (int i = 0; i < 200; ++i)
                    info("busy", "a line", {{"text", std::string(300, 'y')}});
            });
    });
    const auto lines = lines_of(text);
    ASSERT_EQ(lines.size(), 800u);
    for (const auto& line : lines)
        EXPECT_THAT(line, MatchesRegex("<6>level=info event=busy msg=\"a line\" text=y+"));
}

} // namespace
} // namespace lazaret::log
