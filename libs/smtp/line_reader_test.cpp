#include "smtp/line_reader.hpp"

#include <gtest/gtest.h>

namespace lazaret::smtp {
namespace {

using Next = LineReader::Next;

// All that the reader says, each in words; pieces of `size` octets.
std::vector<std::string> lines(const std::string& input, std::size_t size = 1 << 20, bool exchange = false) {
    LineReader reader;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < input.size(); at += size) {
        reader.feed(input.substr(at, size));
        std::string_view line;
        for (;;) {
            const Next next = reader.next(line, exchange);
            if (next == Next::need_more) break;
            if (next == Next::line) seen.emplace_back(line);
            if (next == Next::too_long) seen.emplace_back("<too long>");
            if (next == Next::bare_lf) seen.emplace_back("<bare LF>");
        }
    }
    return seen;
}

using Lines = std::vector<std::string>;

TEST(LineReader, OnlyCrlfEndsALine) {
    for (const std::size_t size : {1u, 2u, 3u, 100u}) {
        EXPECT_EQ(lines("NOOP\r\n\r\nQUIT\r\nrest", size), (Lines{"NOOP", "", "QUIT"}));
        EXPECT_EQ(lines("A\rB\r\n", size), (Lines{"A\rB"}));
        EXPECT_EQ(lines("MAIL\nRCPT\r\n", size), (Lines{"<bare LF>", "RCPT"}));
        EXPECT_EQ(lines("A\r\r\n", size), (Lines{"A\r"}));
        EXPECT_EQ(lines("\n", size), (Lines{"<bare LF>"}));
    }
}

TEST(LineReader, LimitsCountTheCrlf) {
    const std::size_t limit = LineReader::command_limit;
    for (const std::size_t size : {1u, 700u, 1u << 20}) {
        const std::string fits(limit - 2, 'x'), over(limit - 1, 'x');
        EXPECT_EQ(lines(fits + "\r\nNOOP\r\n", size), (Lines{fits, "NOOP"}));
        EXPECT_EQ(lines(over + "\r\nNOOP\r\n", size), (Lines{"<too long>", "NOOP"}));
        EXPECT_EQ(lines(std::string(200'000, 'x') + "\r\nNOOP\r\n", size), (Lines{"<too long>", "NOOP"}));
        EXPECT_EQ(lines(std::string(200'000, 'x') + "\nNOOP\r\n", size), (Lines{"<bare LF>", "NOOP"}));
    }
}

TEST(LineReader, AuthMayBeLonger) {
    const std::size_t limit = LineReader::auth_limit;
    const std::string fits = "auth " + std::string(limit - 7, 'x');
    for (const std::size_t size : {1000u, 1u << 20}) {
        EXPECT_EQ(lines(fits + "\r\n", size), (Lines{fits}));
        EXPECT_EQ(lines(fits + "x\r\n", size), (Lines{"<too long>"}));
        EXPECT_EQ(lines(std::string(limit - 2, 'x') + "\r\n", size, true),
                  (Lines{std::string(limit - 2, 'x')}));
        EXPECT_EQ(lines(std::string(limit - 1, 'x') + "\r\n", size, true), (Lines{"<too long>"}));
    }
}

TEST(LineReader, KeepsNothingOfAnEndlessLine) {
    LineReader reader;
    std::string_view line;
    for (int i = 0; i < 100; ++i) {
        reader.feed(std::string(60'000, 'x'));
        EXPECT_EQ(reader.next(line), Next::need_more);
        EXPECT_EQ(reader.rest(), "");
    }
    reader.feed("\r");
    EXPECT_EQ(reader.next(line), Next::need_more);
    reader.feed("\nNOOP\r\n");
    EXPECT_EQ(reader.next(line), Next::too_long);
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_EQ(line, "NOOP");
}

TEST(LineReader, RestIsWhatTheClientSentAhead) {
    LineReader reader;
    std::string_view line;
    reader.feed("DATA\r\ncontent\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_EQ(line, "DATA");
    EXPECT_EQ(reader.rest(), "content\r\n.\r\nQUIT\r\n");
    reader.consume(12);
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_EQ(line, "QUIT");
    reader.feed("STARTTLS\r\nMAIL FROM:<injected@example.test>\r\n");
    EXPECT_EQ(reader.next(line), Next::line);
    reader.clear();
    EXPECT_EQ(reader.next(line), Next::need_more);
    EXPECT_EQ(reader.rest(), "");
}

TEST(LineReader, ClearForgetsHalfALine) {
    LineReader reader;
    std::string_view line;
    reader.feed(std::string(5000, 'x'));
    EXPECT_EQ(reader.next(line), Next::need_more);
    reader.clear();
    reader.feed("NOOP\r\n");
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_EQ(line, "NOOP");
}

TEST(LineReader, PeekShowsWhatNextWouldGive) {
    LineReader reader;
    EXPECT_FALSE(reader.peek());
    reader.feed("NOOP\r\nQUIT\r");
    std::string_view line;
    EXPECT_EQ(reader.peek(), "NOOP");
    EXPECT_EQ(reader.peek(), "NOOP") << "nothing is taken";
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_EQ(line, "NOOP");
    EXPECT_FALSE(reader.peek()) << "it is not whole";
    EXPECT_EQ(reader.next(line), Next::need_more);
    reader.feed("\n");
    EXPECT_EQ(reader.peek(), "QUIT");
    EXPECT_EQ(reader.next(line), Next::line);
    EXPECT_FALSE(reader.peek());
}

TEST(LineReader, PeekShowsNoLineThatIsNotWell) {
    const std::string fits(LineReader::command_limit - 2, 'x');
    for (const std::string& bad : {std::string("NOOP\nQUIT\r\n"), fits + "x\r\n"}) {
        LineReader reader;
        reader.feed(bad);
        EXPECT_FALSE(reader.peek());
    }
    LineReader reader;
    std::string_view line;
    reader.feed(fits + "\r\n");
    EXPECT_EQ(reader.peek(), fits);
    reader.clear();
    reader.feed(std::string(20'000, 'x'));
    EXPECT_EQ(reader.next(line), Next::need_more);
    reader.feed("yy\r\n");
    EXPECT_FALSE(reader.peek()) << "the end of a line that is too long";
    EXPECT_EQ(reader.next(line), Next::too_long);
}

} // namespace
} // namespace lazaret::smtp
