#include "scan/reading.hpp"
#include "scan/rules.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace lazaret::scan {
namespace {

/// The message of the error, or "" where there is none.
std::string error_of(std::string_view toml) {
    const auto set = RuleSet::parse(toml, "rules.toml");
    return set ? std::string() : set.error().message;
}

std::string rule(std::string_view rest) {
    return "[[rule]]\nname = \"a\"\nscope = \"body\"\npattern = 'x'\n" + std::string(rest);
}

TEST(Rules, ReadWithTheirDefaults) {
    const auto set =
        RuleSet::parse("[[rule]]\nname = 'one'\nscope = 'header'\nfield = 'SUBject'\npattern = 'x'\n"
                       "[[rule]]\nname = 'two'\nscope = 'body'\npattern = 'x'\ncaseless = false\n"
                       "mode = 'enforce'\nscore = 2.5\n",
                       "rules.toml");
    ASSERT_TRUE(set) << set.error().message;
    const auto& rules = (*set)->rules();
    ASSERT_EQ(rules.size(), 2u);
    EXPECT_EQ(rules[0].field, "subject");
    EXPECT_EQ(rules[0].mode, verdict::Mode::warn) << "a new rule starts as a warning";
    EXPECT_EQ(rules[0].score, 10);
    EXPECT_TRUE(rules[0].caseless);
    EXPECT_EQ(rules[1].mode, verdict::Mode::enforce);
    EXPECT_EQ(rules[1].score, 2.5);
    EXPECT_FALSE(rules[1].caseless);
}

TEST(Rules, NoneAreFine) {
    for (const char* toml : {"", "# nothing\n", "rule = []\n"}) {
        const auto set = RuleSet::parse(toml, "rules.toml");
        ASSERT_TRUE(set) << set.error().message;
        EXPECT_TRUE((*set)->rules().empty());
    }
}

TEST(Rules, ErrorsNameThePlaceAndWhatWasExpected) {
    EXPECT_EQ(error_of("[[rules]]\n"), "rules.toml:1:3: unknown key \"rules\": expected [[rule]]");
    EXPECT_EQ(error_of("rule = 3\n"), "rules.toml:1:8: rule: expected tables that begin with [[rule]]");
    EXPECT_EQ(error_of("rule = [1]\n"), "rules.toml:1:8: rule: expected tables that begin with [[rule]]");
    EXPECT_EQ(error_of("[[rule]]\nscope = 'body'\npattern = 'x'\n"),
              "rules.toml:1:1: name is missing in this rule");
    EXPECT_EQ(error_of("[[rule]]\nname = 'a'\npattern = 'x'\n"),
              "rules.toml:1:1: scope is missing in this rule");
    EXPECT_EQ(error_of("\n[[rule]]\nname = 'a'\nscope = 'body'\n"),
              "rules.toml:2:1: pattern is missing in this rule");
    EXPECT_EQ(error_of(rule("patern = 'x'\n")), "rules.toml:5:1: unknown key \"patern\": expected name, "
                                                "scope, pattern, field, caseless, mode, score or tags");
    EXPECT_EQ(error_of(rule("mode = 'on'\n")),
              "rules.toml:5:8: mode: expected \"enforce\", \"warn\" or \"off\"");
    EXPECT_EQ(error_of(rule("mode = true\n")), "rules.toml:5:8: mode: expected a text in quotes");
    EXPECT_EQ(error_of(rule("caseless = 'yes'\n")), "rules.toml:5:12: caseless: expected true or false");
    for (const char* score : {"-1", "1001", "nan", "inf", "'10'"})
        EXPECT_EQ(error_of(rule("score = " + std::string(score) + "\n")),
                  "rules.toml:5:9: score: expected a number, 0-1000");
    for (const char* tags : {"'a'", "3", "[1,2,3,4,5,6,7,8,9]"})
        EXPECT_EQ(error_of(rule("tags = " + std::string(tags) + "\n")),
                  "rules.toml:5:8: tags: expected at most 8 names in brackets, each 1-64 of a-z, 0-9, '_', '.' and '-'");
    EXPECT_TRUE(error_of(rule("tags = ['good', 'Bad']\n")).starts_with("rules.toml:5:17: tags: expected"));
    EXPECT_EQ(error_of(rule("field = 'subject'\n")),
              "rules.toml:5:9: field: only for rules with scope = \"header\"");
    EXPECT_EQ(error_of("[[rule]]\nname = 'a'\nscope = 'header'\nfield = 'sub:'\npattern = 'x'\n"),
              "rules.toml:4:9: field: expected the name of a header field, without the colon");
    EXPECT_EQ(error_of("[[rule]]\nname = 'A b'\nscope = 'body'\npattern = 'x'\n"),
              "rules.toml:2:8: name: expected 1-64 of a-z, 0-9, '_', '.' and '-'");
    EXPECT_EQ(error_of("[[rule]]\nname = 'a'\nscope = 'boddy'\npattern = 'x'\n"),
              "rules.toml:3:9: scope: expected \"header\", \"body\", \"raw\" or \"uri\"");
    EXPECT_EQ(error_of("[[rule]]\nname = 'a'\nscope = 'body'\npattern = \"a\\u0000b\"\n"),
              "rules.toml:4:11: pattern: expected 1-4096 octets without NUL");
    EXPECT_TRUE(error_of("[[rule]]\nname = 'a\n").starts_with("rules.toml:2:"))
        << error_of("[[rule]]\nname = 'a\n");
}

TEST(Rules, BadPatternsAreRefusedWithHyperscansReason) {
    const auto with = [](std::string_view pattern, std::string_view rest = "") {
        return error_of("[[rule]]\nname = 'good'\nscope = 'body'\npattern = 'y'\n\n[[rule]]\nname = "
                        "'bad'\nscope = 'body'\n"
                        "pattern = '" +
                        std::string(pattern) + "'\n" + std::string(rest));
    };
    EXPECT_EQ(with("x"), "");
    const std::string start = "rules.toml:9:11: pattern of rule \"bad\": ";
    EXPECT_TRUE(with("(a)\\1").starts_with(start + "Back-references are unsupported")) << with("(a)\\1");
    for (const char* bad : {"(", "[z-a]", "(?=a)b", "(?<!a)b", "a*", "(?P<x", "\\C*", "*a"}) {
        EXPECT_TRUE(with(bad).starts_with(start)) << bad << ": " << with(bad);
    }
    EXPECT_TRUE(with("(", "mode = 'off'\n").starts_with(start)) << "rules that are off are checked too";
}

TEST(Rules, DuplicatesAreRefused) {
    EXPECT_EQ(error_of(rule("") + rule("")), "rules.toml:6:8: name: there is a rule \"a\" already");
    EXPECT_EQ(error_of(rule("") + "[[rule]]\nname = 'b'\nscope = 'body'\npattern = 'x'\n"),
              "rules.toml:8:11: pattern: rule \"a\" looks for the same already");
    EXPECT_EQ(error_of(rule("") + "[[rule]]\nname = 'b'\nscope = 'header'\npattern = 'x'\n"), "");
    EXPECT_EQ(error_of(rule("") + "[[rule]]\nname = 'b'\nscope = 'body'\npattern = 'x'\ncaseless = false\n"),
              "");
}

TEST(Rules, LoadSpeaksOfTheFile) {
    EXPECT_EQ(RuleSet::load("/nowhere/rules.toml").error().message,
              "/nowhere/rules.toml: No such file or directory");
    EXPECT_FALSE(RuleSet::load("/"));
    const std::filesystem::path file =
        std::filesystem::path(::testing::TempDir()) / "lazaret-rules-test.toml";
    std::ofstream(file) << rule("mode = 'x'\n");
    const auto wrong = RuleSet::load(file);
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().message.starts_with(file.string() + ":5:8: ")) << wrong.error().message;
    std::ofstream(file) << rule("");
    EXPECT_TRUE(RuleSet::load(file));
    std::filesystem::remove(file);
}

TEST(Rules, ThoseThatAreDeliveredLoadAndCatchWhatTheySay) {
    const char* source = std::getenv("LAZARET_SOURCE_DIR");
    if (!source) GTEST_SKIP() << "LAZARET_SOURCE_DIR is not set";
    const auto set = RuleSet::load(std::filesystem::path(source) / "deploy/config/rules.toml");
    ASSERT_TRUE(set) << set.error().message;
    RuleScanner scanner;
    const auto names = [&](std::string_view header, std::string_view body) {
        std::string out;
        const auto message = std::string(header) + "\r\n" + std::string(body);
        Reading reading(message, header.size() + 2);
        for (const auto& finding : scanner.scan(**set, reading))
            out += verdict::to_string(finding) + " ";
        return out;
    };
    EXPECT_EQ(names("Subject: hi\r\n", "Get your EXCLUSIVE casino\r\nbonus today\r\n"),
              "casino-bonus:enforce:10 ");
    EXPECT_EQ(names("Subject: hi\r\n", "Please verify your wallet now\r\n"), "verify-wallet:enforce:10 ");
    EXPECT_EQ(names("Subject: Your account has been suspended\r\n", "Click\r\n"),
              "subject-account-suspended:warn:4 ");
    EXPECT_EQ(names("Content-Type: multipart/mixed; boundary=x\r\n",
                    "--x\r\nContent-Type: a/b; name=\"a.pdf.exe\"\r\n"),
              "double-extension:warn:10 ");
    EXPECT_EQ(
        names("Subject: Lunch?\r\nFrom: a@example.org\r\n",
              "Shall we meet at the casino? I have lost my wallet and must verify it with the bank now.\r\n"),
        "");
}

} // namespace
} // namespace lazaret::scan
