#include "scan/reading.hpp"
#include "scan/rules.hpp"

#include "mime/line_ends.hpp"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace lazaret::scan {
namespace {

using namespace std::string_literals;

std::shared_ptr<const RuleSet> rules(const std::string& toml) {
    auto set = RuleSet::parse(toml, "test");
    EXPECT_TRUE(set) << set.error().message;
    return *set;
}

std::string rule(std::string_view name, std::string_view pattern, std::string_view rest = "scope = 'body'") {
    return "[[rule]]\nname = '" + std::string(name) + "'\npattern = '" + std::string(pattern) + "'\n" +
           std::string(rest) + "\n";
}

constexpr auto header = "scope = 'header'";
constexpr auto subject = "scope = 'header'\nfield = 'Subject'";

std::vector<verdict::Finding> scan(RuleScanner& scanner, const RuleSet& set, std::string_view header_block,
                                   std::string_view body) {
    std::string storage;
    Texts texts;
    texts.header = header_block;
    texts.body = mime::with_lf(body, storage);
    return scanner.scan(set, texts);
}

std::string found(RuleScanner& scanner, const RuleSet& set, std::string_view header_block,
                  std::string_view body) {
    std::string out;
    for (const auto& finding : scan(scanner, set, header_block, body))
        out += (out.empty() ? "" : " ") + finding.name;
    return out;
}

std::string found(const std::string& toml, std::string_view header_block, std::string_view body = "") {
    RuleScanner scanner;
    return found(scanner, *rules(toml), header_block, body);
}

TEST(Scanner, ReportsEachRuleOnceInTheOrderOfTheFile) {
    const auto set =
        rules(rule("late", "zebra", "scope = 'body'\nmode = 'enforce'\nscore = 7") + rule("early", "ant") +
              rule("off", "ant|zebra", "scope = 'body'\nmode = 'off'") + rule("head", "ant", header));
    RuleScanner scanner;
    const auto findings = scan(scanner, *set, "A: ant\r\nB: ant\r\n", "ant ant zebra\r\nant zebra\r\n");
    const std::vector<verdict::Finding> expected{{"late", verdict::Mode::enforce, 7},
                                                 {"early", verdict::Mode::warn, 10},
                                                 {"head", verdict::Mode::warn, 10}};
    EXPECT_EQ(findings, expected);
    EXPECT_TRUE(scan(scanner, *set, "A: b\r\n", "nothing\r\n").empty()) << "no memory of the message before";
    EXPECT_EQ(scan(scanner, *set, "A: ant\r\nB: ant\r\n", "ant ant zebra\r\nant zebra\r\n"), expected);
}

TEST(Scanner, ScopesAreKeptApart) {
    const auto toml = rule("body", "ant") + rule("header", "ant", header) + rule("subject", "ant", subject);
    EXPECT_EQ(found(toml, "Subject: bee\r\n", "ant"), "body");
    EXPECT_EQ(found(toml, "X-A: ant\r\n", "bee"), "header");
    EXPECT_EQ(found(toml, "SUBJECT : ant\r\n", "bee"), "header subject");
    EXPECT_EQ(found(toml, "X-Subject: ant\r\n", "bee"), "header");
}

TEST(Scanner, CaseCountsWhereAsked) {
    const auto toml = rule("any", "Ant") + rule("exact", "Ant", "scope = 'body'\ncaseless = false");
    EXPECT_EQ(found(toml, "", "ANT"), "any");
    EXPECT_EQ(found(toml, "", "Ant"), "any exact");
}

TEST(Scanner, FieldsAreUnfoldedAndAnchored) {
    const auto whole = rule("hit", "^Subject: one two\tthree$", header);
    EXPECT_EQ(found(whole, "A: b\r\nSubject:one\r\n two\r\n\tthree\r\nB: c\r\n"), "hit");
    EXPECT_EQ(found(whole, "A: b\nSubject:   one\n two\n\tthree  \nB: c\n"), "hit");
    EXPECT_EQ(found(whole, "Subject: one\r\n two\r\n\tthree four\r\n"), "");
    EXPECT_EQ(found(whole, "Subject: one\r\ntwo: \tthree\r\n"), "");
    const auto value = rule("hit", "^one two$", subject);
    EXPECT_EQ(found(value, "Subject:\r\n one two\r\n"), "hit");
    EXPECT_EQ(found(value, "Subject: one two"), "hit") << "without a last line end";
    EXPECT_EQ(found(value, "Subject: one two more\r\n"), "");
    EXPECT_EQ(found(rule("hit", "one[^x]*two", header), "A: one\r\nB: two\r\n"), "")
        << "never across two fields";
}

TEST(Scanner, OddHeaderLinesDoNoHarm) {
    const auto plain = rule("any", "ant", header) + rule("value", "ant", subject);
    EXPECT_EQ(found(plain, " ant\r\n"), "any");
    EXPECT_EQ(found(plain, "ant without colon\r\n"), "any");
    EXPECT_EQ(found(plain, ":ant\r\n"), "any");
    EXPECT_EQ(found(plain, "Subject:\r\n"), "");
    EXPECT_EQ(found(plain, "Subject\r\n"), "");
    EXPECT_EQ(found(plain, ":\r\n:\r\n \r\n\t\r\n"), "");
    EXPECT_EQ(found(plain, "\r\n\r\nSubject: ant\r\n"), "any value");
    EXPECT_EQ(found(plain, "Subject: a\0nt ant\r\n"s), "any value") << "NUL is an octet like any other";
}

TEST(Scanner, BodyLinesEndWithLineFeed) {
    const auto toml = rule("line", "^buy now$") + rule("across", "buy\\s+later");
    EXPECT_EQ(found(toml, "", "hi\r\nbuy now\r\nbye\r\n"), "line");
    EXPECT_EQ(found(toml, "", "hi\nbuy now\nbye\n"), "line");
    EXPECT_EQ(found(toml, "", "buy now"), "line");
    EXPECT_EQ(found(toml, "", "hi buy now\r\n"), "");
    EXPECT_EQ(found(toml, "", "buy\r\nlater\r"), "across");
}

TEST(Scanner, RawRulesSeeWhatIsTransferred) {
    const auto raw = rule("raw", "^YW50$", "scope = 'raw'") + rule("body", "ant");
    RuleScanner scanner;
    Texts texts;
    texts.raw = "bee\r\nYW50\r\n";
    texts.body = "bee\nant\n";
    const auto findings = scanner.scan(*rules(raw), texts);
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[0].name, "raw");
    EXPECT_EQ(findings[1].name, "body");
    texts.raw = "bee\r\nant\r\n";
    texts.body = "";
    EXPECT_TRUE(scanner.scan(*rules(raw), texts).empty());
}

TEST(Scanner, UriRulesSeeEachUriAndItsHost) {
    const auto set = rules(rule("path", "^https://a\\.example/login", "scope = 'uri'") +
                           rule("host", "^b\\.example$", "scope = 'uri'") + rule("body", "^http"));
    mime::Uri first, second;
    first.uri = "https://a.example/login?x";
    first.host = "a.example";
    second.uri = "http://b.example/";
    second.host = "b.example";
    const std::vector<mime::Uri> uris{first, second};
    RuleScanner scanner;
    Texts texts;
    texts.uris = uris;
    const auto findings = scanner.scan(*set, texts);
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[0].name, "path");
    EXPECT_EQ(findings[1].name, "host");
    texts.uris = std::span(uris).first(1);
    EXPECT_EQ(scanner.scan(*set, texts).size(), 1u);
}

TEST(Scanner, HeadersAreSeenAsTransferredAndDecoded) {
    const auto toml = rule("words", "^Gr\u00FC\u00DFe vom Casino$", subject) +
                      rule("whole", "^Subject: Gr.*Casino$", header) + rule("encoded", "=\\?utf-8\\?b\\?", header);
    EXPECT_EQ(found(toml, "Subject: =?utf-8?b?R3LDvMOfZSB2b20gQ2FzaW5v?=\r\n"), "words whole encoded");
    EXPECT_EQ(found(toml, "Subject: =?utf-8?B?R3LDvMOfZSB2b20=?=\r\n =?iso-8859-1?Q?_Casino?=\r\n"),
              "words whole encoded");
    EXPECT_EQ(found(toml, "Subject: Gr\xFC\xDF"
                          "e vom Casino\r\n"),
              "words whole")
        << "octets without a charset are read as mail readers do";
    EXPECT_EQ(found(toml, "Subject: =?utf-8?b?broken\r\n"), "encoded");
}

TEST(Scanner, TagsGoIntoTheFinding) {
    RuleScanner scanner;
    const auto findings =
        scan(scanner, *rules(rule("a", "ant", "scope = 'body'\ntags = ['insects', 'small.ones']")), "", "ant");
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].tags, (std::vector<std::string>{"insects", "small.ones"}));
}

TEST(Scanner, AReadingIsDecodedForTheRulesThatAskForIt) {
    const std::string message = "Subject: =?utf-8?q?ant=73?=\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                                "YW50cyBhdCBodHRwczovL2EuZXhhbXBsZS94\r\n";
    const auto names = [&](const std::string& toml) {
        Reading reading(message, message.find("\r\n\r\n") + 4);
        RuleScanner scanner;
        std::string out;
        for (const auto& each : scanner.scan(*rules(toml), reading))
            out += each.name + " ";
        return out;
    };
    const auto all = rule("body", "^ants at https") + rule("subject", "^ants$", subject) +
                     rule("raw", "^YW50", "scope = 'raw'") + rule("uri", "^a\\.example$", "scope = 'uri'");
    EXPECT_EQ(names(all), "body subject raw uri ");
    EXPECT_EQ(names(rule("raw", "^YW50", "scope = 'raw'")), "raw ");
}

TEST(Scanner, WithoutRulesNothingIsFound) {
    RuleScanner scanner;
    EXPECT_TRUE(scan(scanner, RuleSet(), "Subject: ant\r\n", "ant").empty());
    EXPECT_TRUE(scan(scanner, *rules(rule("a", "ant")), "", "").empty());
    EXPECT_TRUE(scan(scanner, *rules(rule("a", "ant", header)), "", "ant").empty());
}

TEST(Scanner, FollowsAReload) {
    RuleScanner scanner;
    auto set = rules(rule("a", "ant"));
    EXPECT_EQ(found(scanner, *set, "", "ant bee"), "a");
    set = rules(rule("x", "xxx") + rule("b", "bee") + rule("s", "be+", subject));
    EXPECT_EQ(found(scanner, *set, "Subject: beee\r\n", "ant bee"), "b s");
    set = std::make_shared<RuleSet>();
    EXPECT_EQ(found(scanner, *set, "Subject: beee\r\n", "ant bee"), "");
    set = rules(rule("a", "ant"));
    EXPECT_EQ(found(scanner, *set, "", "ant bee"), "a");
}

TEST(Scanner, ThousandsOfRulesLoadAndAreTold) {
    std::string toml;
    for (int i = 0; i < 2000; ++i) {
        const auto word = "pill" + std::to_string(i);
        toml += rule("r" + std::to_string(i), "\\b" + word + "\\s+(offer|deal)\\b",
                     i % 3 == 0   ? "scope = 'body'"
                     : i % 3 == 1 ? header
                                  : subject);
    }
    const auto set = rules(toml);
    ASSERT_EQ(set->rules().size(), 2000u);
    RuleScanner scanner;
    EXPECT_EQ(found(scanner, *set, "Subject: pill1000 deal, pill1001 offer\r\n",
                    "pill999\r\noffer pill1998 deal pill1001 deal"),
              "r999 r1000 r1001 r1998");
    std::string all;
    for (int i = 0; i < 2000; ++i)
        all += "pill" + std::to_string(i) + " deal\r\n";
    EXPECT_EQ(scan(scanner, *set, "", all).size(), 667u);
}

TEST(Scanner, OneSetServesManyThreads) {
    const auto set = rules(rule("a", "ant") + rule("b", "b[e]+", header) + rule("s", "^zoo", subject));
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&, t] {
            RuleScanner scanner;
            for (int i = 0; i < 2000; ++i)
                wrong[t] +=
                    found(scanner, *set, i % 2 ? "Subject: zoo\r\n" : "X: beee\r\n",
                          i % 3 ? "ant" : "none") != std::string(i % 3 ? "a " : "") + (i % 2 ? "s" : "b");
        });
    for (auto& thread : threads)
        thread.join();
    for (const int count : wrong)
        EXPECT_EQ(count, 0);
}

TEST(Scanner, RandomOctetsDoNoHarmAndHideNothing) {
    std::mt19937 random(11);
    const auto set = rules(rule("any", "needle42", header) + rule("value", "needle42", subject) +
                           rule("body", "needle42"));
    RuleScanner scanner;
    const std::string alphabet = "\0\r\n\t :ab\xff\xc3="s;
    for (int round = 0; round < 5000; ++round) {
        const auto noise = [&](std::size_t most) {
            std::string text(random() % most, '\0');
            const bool raw = random() % 2 == 0;
            for (char& c : text)
                c = raw ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
            return text;
        };
        const auto before = noise(300), after = noise(300);
        // A line of its own, whatever stands around it.
        const auto block = before + "\r\nSubject: needle42\r\n" + after;
        ASSERT_EQ(found(scanner, *set, block, before + "needle42" + after), "any value body")
            << "round " << round;
        scan(scanner, *set, before, after);
    }
}

} // namespace
} // namespace lazaret::scan
