#include "smtp/data_reader.hpp"

#include "smtp/data_reference_test.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::smtp {
namespace {

using Newlines = DataReader::Newlines;

struct Outcome {
    std::string content;
    std::size_t taken = 0, size = 0;
    bool finished = false, too_big = false, bare_newline = false, nul = false, eight_bit = false;
    bool operator==(const Outcome&) const = default;
};

// Feeds the input in pieces that end at the given places.
Outcome read(const std::string& input, const std::vector<std::size_t>& cuts = {},
             Newlines newlines = Newlines::normalize, std::uint64_t max_size = 0) {
    DataReader reader(newlines, max_size);
    Outcome outcome;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= cuts.size() && !reader.finished(); ++i) {
        const std::size_t end = i < cuts.size() ? cuts[i] : input.size();
        const std::string piece =
            input.substr(begin, end - begin); // a copy: reading past its end is seen by ASan
        outcome.taken += reader.feed(piece, outcome.content);
        EXPECT_TRUE(reader.finished() || outcome.taken == end);
        begin = end;
    }
    outcome.size = reader.size();
    outcome.finished = reader.finished();
    outcome.too_big = reader.too_big();
    outcome.bare_newline = reader.bare_newline();
    outcome.nul = reader.nul();
    outcome.eight_bit = reader.eight_bit();
    return outcome;
}

TEST(DataReader, PlainContentPasses) {
    const auto got = read("Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n");
    EXPECT_TRUE(got.finished);
    EXPECT_EQ(got.content, "Subject: x\r\n\r\nhello\r\n");
    EXPECT_EQ(got.taken, std::string("Subject: x\r\n\r\nhello\r\n.\r\n").size());
    EXPECT_EQ(got.size, got.content.size());
    EXPECT_FALSE(got.bare_newline || got.nul || got.eight_bit || got.too_big);
}

TEST(DataReader, EmptyContent) {
    const auto got = read(".\r\n");
    EXPECT_TRUE(got.finished);
    EXPECT_EQ(got.content, "");
    EXPECT_EQ(got.taken, 3u);
}

TEST(DataReader, DotsAreUnstuffed) {
    EXPECT_EQ(read("..\r\n...\r\n. \r\na.\r\n..b\r\n.\r\n").content, ".\r\n..\r\n \r\na.\r\n.b\r\n");
}

TEST(DataReader, LooksForTheEndOnly) {
    EXPECT_FALSE(read("a\r\n.").finished);
    EXPECT_FALSE(read("a\r\n.\r").finished);
    EXPECT_FALSE(read("a.\r\n").finished);
}

const std::string nul(1, '\0');

// Every looser end that somebody's server takes for the end of a message.
const std::vector<std::string> smuggling = {
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r.\n",
    "\n.\r",
    "\r\n.\r",
    "\r\n.\r\r\n",
    "\n\r.\n\r",
    "\r\r\n.\r\r\n",
    "\r\n\r.\r\n",
    "\r\n .\r\n",
    "\r\n. \r\n",
    "\x0b.\x0b",
    "\xc2\x85.\xc2\x85",
    "\r\n\t.\r\n",
    "\n.\r\r\n",
    "\r\n\b.\r\n",
    "\xe2\x80\xa8.\xe2\x80\xa8",
    "\r\n\n.\r\n",
    "\r\n.\n\r\n",
    "\r\n\xef\xbb\xbf.\r\n",
};
const std::vector<std::string> smuggling_with_nul = {
    "\r\n" + nul + ".\r\n",
    "\r\n." + nul + "\r\n",
    "\r" + nul + "\n.\r\n",
    "\r\n.\r" + nul + "\n",
};

bool has_bare_newline(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    }
    return false;
}

TEST(DataReader, NothingLooserEndsTheMessageAtAnySplit) {
    auto all = smuggling;
    all.insert(all.end(), smuggling_with_nul.begin(), smuggling_with_nul.end());
    for (const std::string& variant : all) {
        const std::string before = "before" + variant + "MAIL FROM:<evil@example.test>\r\n";
        const std::string input = before + ".\r\nQUIT\r\n";
        const auto whole = read(input);
        EXPECT_TRUE(whole.finished) << testing::PrintToString(variant);
        EXPECT_EQ(whole.taken, before.size() + 3) << testing::PrintToString(variant);
        EXPECT_FALSE(has_bare_newline(whole.content)) << testing::PrintToString(whole.content);
        for (std::size_t a = 0; a < input.size(); ++a) {
            for (std::size_t b = a; b < input.size(); ++b) {
                auto split = read(input, {a, b});
                if (whole.nul) split.content = whole.content; // refused: how much was kept depends on the split
                ASSERT_TRUE(split == whole) << testing::PrintToString(variant) << " at " << a << ", " << b;
            }
        }
    }
}

TEST(DataReader, TheStandardEndBehindAStrayCrIsTheEnd) {
    const auto got = read("before\r\r\n.\r\nMAIL");
    EXPECT_TRUE(got.finished);
    EXPECT_TRUE(got.bare_newline);
    EXPECT_EQ(got.content, "before\r\n");
}

TEST(DataReader, WhatNormalizeMakesOfBareNewlines) {
    EXPECT_EQ(read("a\nb\r\n.\r\n").content, "a\r\nb\r\n");
    EXPECT_EQ(read("a\rb\r\n.\r\n").content, "a b\r\n");
    EXPECT_EQ(read("a\r\rb\r\n.\r\n").content, "a b\r\n");
    EXPECT_EQ(read("a\r\r\nb\r\n.\r\n").content, "a\r\nb\r\n");
    EXPECT_EQ(read("a\n.\nb\r\n.\r\n").content, "a\r\n.\r\nb\r\n")
        << "a dot behind a bare LF was never stuffed";
    EXPECT_TRUE(read("a\nb\r\n.\r\n").bare_newline);
    EXPECT_TRUE(read("a\rb\r\n.\r\n").bare_newline);
}

TEST(DataReader, RejectAppendsNothingBehindTheFault) {
    for (const std::string& variant : smuggling) {
        const auto got = read("one\r\n" + variant + "two\r\n.\r\n", {5}, Newlines::reject);
        EXPECT_TRUE(got.finished);
        EXPECT_TRUE(!got.bare_newline || got.content.find("two") == std::string::npos)
            << testing::PrintToString(variant);
    }
}

TEST(DataReader, NulIsSeenAndNothingMoreKept) {
    const auto got = read("one\r\n" + nul + "two\r\n.\r\n", {5, 8});
    EXPECT_TRUE(got.finished);
    EXPECT_TRUE(got.nul);
    EXPECT_EQ(got.content, "one\r\n");
}

TEST(DataReader, NulBehindTheEndIsNotOurs) {
    EXPECT_FALSE(read("one\r\n.\r\n" + nul).nul);
    EXPECT_FALSE(read("one\r\n.\r\n\xff").eight_bit);
}

TEST(DataReader, EightBitIsSeenAtEveryPlace) {
    for (std::size_t i = 0; i < 20; ++i) {
        std::string line(20, 'x');
        EXPECT_FALSE(read(line + "\r\n.\r\n").eight_bit);
        line[i] = '\x80';
        EXPECT_TRUE(read(line + "\r\n.\r\n").eight_bit) << i;
    }
}

TEST(DataReader, SizeIsCountedPastTheLimit) {
    const std::string line = "0123456789\r\n";
    std::string input;
    for (int i = 0; i < 10; ++i)
        input += line;
    const auto exact = read(input + ".\r\n", {}, Newlines::normalize, 120);
    EXPECT_FALSE(exact.too_big);
    EXPECT_EQ(exact.content.size(), 120u);
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < input.size(); at += 7)
        cuts.push_back(at);
    const auto over = read(input + ".\r\n", cuts, Newlines::normalize, 119);
    EXPECT_TRUE(over.finished);
    EXPECT_TRUE(over.too_big);
    EXPECT_EQ(over.size, 120u);
    EXPECT_LE(over.content.size(), 119u);
}

TEST(DataReader, MatchesTheReferenceOnRandomInput) {
    std::mt19937 random(20261121);
    const std::string letters = "\r\r\n\n..ab \x80";
    for (int round = 0; round < 30000; ++round) {
        std::string input;
        const std::size_t length = random() % 40;
        for (std::size_t i = 0; i < length; ++i)
            input += letters[random() % letters.size()];
        input += "\r\n.\r\n";
        const auto wanted = reference::read(input);
        ASSERT_TRUE(wanted);
        std::vector<std::size_t> cuts;
        for (std::size_t at = random() % 10; at < input.size(); at += random() % 10)
            cuts.push_back(at);
        const auto got = read(input, cuts);
        ASSERT_TRUE(got.finished) << testing::PrintToString(input);
        ASSERT_EQ(got.content, wanted->content) << testing::PrintToString(input);
        ASSERT_EQ(got.taken, wanted->taken) << testing::PrintToString(input);
        ASSERT_EQ(got.bare_newline, wanted->bare_newline) << testing::PrintToString(input);
        ASSERT_EQ(got.size, got.content.size());
    }
}

TEST(DataReader, ManyBareCrsCostNoSquares) {
    std::string input;
    for (int i = 0; i < 2'000'000; ++i)
        input += "\rx";
    const auto got = read(input + "\r\n.\r\n"); // with squares this would take hours
    EXPECT_EQ(got.content.size(), input.size() + 2);
}

std::string stuff(const std::string& content, std::size_t piece) {
    DotStuffer stuffer;
    std::string wire;
    for (std::size_t at = 0; at < content.size(); at += piece)
        stuffer.feed(content.substr(at, piece), wire);
    stuffer.finish(wire);
    return wire;
}

TEST(DotStuffer, EndsWithADotOnItsOwnLine) {
    EXPECT_EQ(stuff("", 1), ".\r\n");
    EXPECT_EQ(stuff("a\r\n", 9), "a\r\n.\r\n");
    EXPECT_EQ(stuff("a", 9), "a\r\n.\r\n");
    EXPECT_EQ(stuff(".\r\n.a\r\n..\r\na.b\r\n", 99), "..\r\n..a\r\n...\r\na.b\r\n.\r\n");
}

TEST(DotStuffer, GivesBackWhatTheReaderTakesInAtAnySplit) {
    std::mt19937 random(7);
    const std::vector<std::string> words = {"\r\n", ".", "a", ".\r\n", "..", "bcd"};
    for (int round = 0; round < 3000; ++round) {
        std::string content;
        for (std::size_t i = random() % 12; i > 0; --i)
            content += words[random() % words.size()];
        if (!content.empty() && !content.ends_with("\r\n")) content += "\r\n";
        const std::string wire = stuff(content, 1 + random() % 9);
        ASSERT_EQ(wire, stuff(content, 1000));
        const auto got = read(wire);
        ASSERT_TRUE(got.finished);
        ASSERT_EQ(got.taken, wire.size());
        ASSERT_EQ(got.content, content);
    }
}

} // namespace
} // namespace lazaret::smtp
