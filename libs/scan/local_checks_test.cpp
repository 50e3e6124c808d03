#include "scan/local_checks.hpp"

#include "net/test_support.hpp"
#include "scan/reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

using config::Mode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A message with an attachment of this name, whose text links to evil.example.
std::string message_with(const std::string& name) {
    return "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           "--b\r\nContent-Type: text/plain\r\n\r\nSee http://www.evil.example/now for the casino.\r\n"
           "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"" +
           name + "\"\r\n\r\nx\r\n--b--\r\n";
}

class LocalChecksTest : public testing::Test {
  protected:
    LocalChecksTest() {
        config_.links.mode = Mode::enforce;
        config_.content.rules_file = folder_.write("rules.toml", "[[rule]]\nname = \"casino\"\nscope = \"body\"\npattern = 'casino'\nscore = 2\n");
        config_.links.block_file = folder_.write("block", "evil.example\n");
    }
    std::vector<std::string> found(const std::string& attachment) {
        const auto checks = LocalChecks::load(config_);
        if (!checks) return {checks.error().message};
        const auto message = message_with(attachment);
        Reading reading(message, message.find("\r\n\r\n") + 4);
        RuleScanner scanner;
        return verdict::to_strings((*checks)->run(reading, scanner));
    }

    net::test::TempDir folder_;
    config::Config config_;
};

TEST_F(LocalChecksTest, AllOfThemSayWhatTheyFind) {
    EXPECT_THAT(found("run.exe"), ElementsAre("casino:warn:2", "attachment.extension.exe:enforce:10", "uri.blocked.evil.example:enforce:10"));
    EXPECT_THAT(found("letter.txt"), ElementsAre("casino:warn:2", "uri.blocked.evil.example:enforce:10"));
}

TEST_F(LocalChecksTest, EachTellsOfItself) {
    config_.attachments.mode = Mode::off;
    const auto checks = LocalChecks::load(config_);
    ASSERT_TRUE(checks);
    const auto message = message_with("run.exe");
    Reading reading(message, message.find("\r\n\r\n") + 4);
    RuleScanner scanner;
    std::vector<CheckLook> looks;
    (*checks)->run(reading, scanner, &looks);
    ASSERT_EQ(looks.size(), 2u) << "those that are on";
    EXPECT_EQ(looks[0].check, "rules");
    EXPECT_EQ(looks[0].findings, 1u);
    EXPECT_EQ(looks[1].check, "links");
    EXPECT_EQ(looks[1].findings, 1u);
}

TEST_F(LocalChecksTest, ExtensionsAreTheAdministrators) {
    config_.links.mode = Mode::off;
    config_.attachments.forbid = {"mp3"};
    config_.attachments.allow = {"exe"};
    config_.attachments.score = 4;
    EXPECT_THAT(found("run.exe"), ElementsAre("casino:warn:2"));
    EXPECT_THAT(found("song.mp3"), ElementsAre("casino:warn:2", "attachment.extension.mp3:enforce:4"));
}

TEST_F(LocalChecksTest, AModeMakesChecksMilder) {
    config_.attachments.mode = Mode::off;
    config_.links.mode = Mode::warn;
    EXPECT_THAT(found("run.exe"), ElementsAre("casino:warn:2", "uri.blocked.evil.example:warn:10"));
}

TEST_F(LocalChecksTest, AListAllows) {
    config_.links.allow_file = folder_.write("allow", "www.evil.example\n");
    EXPECT_THAT(found("letter.txt"), ElementsAre("casino:warn:2"));
}

TEST_F(LocalChecksTest, WhatDnsListsAreAskedAboutIsNotWhatAListAllows) {
    config_.links.mode = Mode::off;
    config_.links.allow_file = folder_.write("allow", "evil.example\n");
    config::DnsList list;
    list.name = "dbl";
    const auto asked = [&] {
        const auto checks = LocalChecks::load(config_);
        const auto message = message_with("letter.txt");
        Reading reading(message, message.find("\r\n\r\n") + 4);
        return (*checks)->hosts(reading);
    };
    EXPECT_THAT(asked(), IsEmpty()) << "nor is an event to name them";
    config_.dns_lists = {list};
    EXPECT_THAT(asked(), IsEmpty());
    EXPECT_THAT(found("letter.txt"), ElementsAre("casino:warn:2")) << "the links themselves are not checked";
    config_.links.allow_file.clear();
    EXPECT_THAT(asked(), ElementsAre("evil.example"));
}

TEST_F(LocalChecksTest, NothingIsOn) {
    EXPECT_FALSE((*LocalChecks::load(config_))->empty());
    config_.content.mode = Mode::off;
    EXPECT_TRUE((*LocalChecks::load(config_))->empty());
    EXPECT_THAT(found("run.exe"), IsEmpty());
}

TEST_F(LocalChecksTest, AWrongFileIsNamed) {
    config_.links.block_file = folder_ / "missing";
    const auto checks = LocalChecks::load(config_);
    ASSERT_FALSE(checks);
    EXPECT_THAT(checks.error().message, HasSubstr("missing"));
    config_.links.mode = Mode::off;
    config_.content.rules_file = folder_.write("broken.toml", "[[rule]]\nname = \"x\"\nscope = \"body\"\npattern = '('\n");
    EXPECT_THAT(LocalChecks::load(config_).error().message, HasSubstr("broken.toml:4"));
}

} // namespace
} // namespace lazaret::scan
