#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace lazaret::cli {
namespace {

TEST(Terminal, LettersStay) {
    for (const char* text : {"", "RCPT TO:<a@example.org>", "josé@例え.example", "𝔘"}) EXPECT_EQ(for_terminal(text), text);
}

TEST(Terminal, NothingReachesItThatActs) {
    EXPECT_EQ(for_terminal("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07");
    EXPECT_EQ(for_terminal("a\r\nb\x7f"), "a\\x0d\\x0ab\\x7f");
    EXPECT_EQ(for_terminal("\xc2\x9b" "2J"), "\\xc2\\x9b2J");           // C1 in UTF-8
    EXPECT_EQ(for_terminal("\x9b" "2J"), "\\x9b2J");                    // C1 as an octet
    EXPECT_EQ(for_terminal("\xe2\x80\xae" "abc"), "\\xe2\\x80\\xae" "abc"); // right-to-left override
    EXPECT_EQ(for_terminal("\xe2\x80"), "\\xe2\\x80");                  // cut
    EXPECT_EQ(for_terminal(std::string_view("\0", 1)), "\\x00");
}

} // namespace
} // namespace lazaret::cli
