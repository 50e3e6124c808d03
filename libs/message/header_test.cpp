#include "message/header.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::message {
namespace {

const std::string fields = "Received: from a\r\n by b\r\nDate: now\r\nreceived: from c\r\nSubject: x\r\n";

HeaderReader read(std::string_view content, std::size_t keep = HeaderReader::default_keep) {
    HeaderReader header(keep);
    header.feed(content);
    header.finish();
    return header;
}

TEST(HeaderReader, EndsAtTheBlankLine) {
    HeaderReader header;
    EXPECT_FALSE(header.feed(fields));
    EXPECT_FALSE(header.ended());
    EXPECT_TRUE(header.feed("\r\nBody: not a field\r\n\r\n"));
    EXPECT_EQ(header.size(), fields.size());
    EXPECT_EQ(header.body_offset(), fields.size() + 2);
    EXPECT_EQ(header.raw(), fields);
    EXPECT_TRUE(header.has_blank_line());
    EXPECT_FALSE(header.malformed());
    EXPECT_FALSE(header.truncated());
    EXPECT_FALSE(header.needs_separator());
    EXPECT_FALSE(header.has("Body"));
}

TEST(HeaderReader, AnswersForItsFields) {
    const HeaderReader header = read(fields + "\r\n");
    EXPECT_TRUE(header.has("DATE"));
    EXPECT_FALSE(header.has("Dat"));
    EXPECT_EQ(header.count("Received"), 2u);
    EXPECT_EQ(header.first("Received"), "from a by b");
    EXPECT_EQ(header.first("Subject"), "x");
    EXPECT_EQ(header.first("From"), std::nullopt);
    EXPECT_TRUE(header.lacks("From"));
    EXPECT_FALSE(header.lacks("Date"));
}

TEST(HeaderReader, SaysNothingIsMissingBeforeTheEnd) {
    HeaderReader header;
    header.feed("Subject: x\r\n");
    EXPECT_FALSE(header.lacks("Date"));
    header.finish();
    EXPECT_TRUE(header.lacks("Date"));
}

TEST(HeaderReader, AMessageMayBeAllHeader) {
    const HeaderReader header = read(fields);
    EXPECT_TRUE(header.ended());
    EXPECT_FALSE(header.malformed());
    EXPECT_FALSE(header.has_blank_line());
    EXPECT_EQ(header.size(), fields.size());
    EXPECT_EQ(header.body_offset(), fields.size());
    EXPECT_FALSE(header.needs_separator());
}

TEST(HeaderReader, ALastLineWithoutItsEndCounts) {
    const HeaderReader header = read("A: 1\r\nB: 2");
    EXPECT_FALSE(header.malformed());
    EXPECT_EQ(header.size(), 10u);
    EXPECT_EQ(header.first("B"), "2");
}

TEST(HeaderReader, AMessageMayHaveNoHeader) {
    const HeaderReader blank = read("\r\nbody: x\r\n");
    EXPECT_EQ(blank.size(), 0u);
    EXPECT_EQ(blank.body_offset(), 2u);
    EXPECT_FALSE(blank.malformed());
    EXPECT_FALSE(blank.needs_separator());
    const HeaderReader empty = read("");
    EXPECT_TRUE(empty.ended());
    EXPECT_EQ(empty.body_offset(), 0u);
    EXPECT_FALSE(empty.needs_separator());
}

TEST(HeaderReader, TheBodyThatBeginsTooEarlyIsMalformed) {
    for (const char* line :
         {"plain text\r\n", "no colon", ": no name\r\n", "na\x01me: x\r\n", "n\xC3\xA4me: x\r\n",
          "\rX: y\r\n", "From user Sat Nov 21 10:42:00 2026\r\n", "Name x: y\r\n"}) {
        const HeaderReader first = read(std::string(line) + "Subject: body\r\n\r\n");
        EXPECT_TRUE(first.malformed()) << line;
        EXPECT_EQ(first.size(), 0u) << line;
        EXPECT_TRUE(first.needs_separator()) << line;
        EXPECT_FALSE(first.has("Subject")) << line;

        const HeaderReader later = read(fields + line);
        EXPECT_TRUE(later.malformed()) << line;
        EXPECT_EQ(later.size(), fields.size()) << line;
        EXPECT_EQ(later.raw(), fields) << line;
        EXPECT_EQ(later.body_offset(), fields.size()) << line;
        EXPECT_FALSE(later.needs_separator()) << line;
    }
}

TEST(HeaderReader, AContinuationOfNothingIsMalformed) {
    EXPECT_TRUE(read(" folded\r\nA: 1\r\n\r\n").needs_separator());
    EXPECT_FALSE(read("A: 1\r\n \r\n\t\r\nB: 2\r\n\r\n").malformed()); // white space alone continues a field
}

TEST(HeaderReader, KeepsWholeLinesUpToItsLimitAndCountsTheRest) {
    std::string section;
    for (int i = 0; i < 1000; ++i)
        section += "X-" + std::to_string(i) + ": y\r\n";
    const HeaderReader header = read(section + "Date: now\r\n\r\nbody", 100);
    EXPECT_EQ(header.size(), section.size() + 11);
    EXPECT_EQ(header.body_offset(), section.size() + 13);
    EXPECT_TRUE(header.truncated());
    EXPECT_LE(header.raw().size(), 100u);
    EXPECT_EQ(header.raw(), section.substr(0, header.raw().size()));
    EXPECT_EQ(header.raw().back(), '\n');
    EXPECT_TRUE(header.has("X-5"));
    EXPECT_FALSE(header.has("Date"));
    EXPECT_FALSE(header.lacks("Date")); // it may be in the part that was not kept
    EXPECT_FALSE(header.lacks("Message-ID"));
}

TEST(HeaderReader, ALimitThatFitsExactlyCutsNothing) {
    EXPECT_FALSE(read(fields + "\r\nbody", fields.size()).truncated());
    EXPECT_EQ(read(fields + "\r\nbody", fields.size()).raw(), fields);
    EXPECT_TRUE(read(fields + "\r\nbody", fields.size() - 1).truncated());
    EXPECT_EQ(read("X: " + std::string(500, 'z') + "\r\n\r\n", 100).raw(), "");
}

TEST(HeaderReader, CutsMakeNoDifference) {
    std::mt19937 random(12);
    static const std::vector<std::string> pieces{"A",    "Subject", ":",   " ",    "\t", "\r\n",
                                                 "\r\n", "\r\n",    "x y", "\x80", ".",  "\r"};
    for (int i = 0; i < 20000; ++i) {
        std::string content;
        for (auto n = random() % 25; n > 0; --n)
            content += pieces[random() % pieces.size()];
        const std::size_t keep = random() % 4 == 0 ? random() % 30 : 1000;
        const HeaderReader whole = read(content, keep);
        HeaderReader cut(keep);
        for (std::string_view rest = content; !rest.empty();) {
            const std::size_t size = std::min<std::size_t>(rest.size(), random() % 4);
            if (cut.feed(rest.substr(0, size))) break;
            rest.remove_prefix(size);
        }
        cut.finish();
        ASSERT_EQ(cut.size(), whole.size()) << content;
        ASSERT_EQ(cut.body_offset(), whole.body_offset()) << content;
        ASSERT_EQ(cut.malformed(), whole.malformed()) << content;
        ASSERT_EQ(cut.truncated(), whole.truncated()) << content;
        ASSERT_EQ(cut.raw(), whole.raw()) << content;
        ASSERT_LE(whole.raw().size(), keep);
        ASSERT_EQ(content.compare(0, whole.raw().size(), whole.raw()), 0);
        if (whole.has_blank_line()) {
            ASSERT_EQ(content.substr(whole.size(), 2), "\r\n") << content;
        }
    }
}

} // namespace
} // namespace lazaret::message
