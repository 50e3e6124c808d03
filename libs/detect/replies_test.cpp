#include "detect/replies.hpp"

#include <gmock/gmock.h>

namespace lazaret::detect {
namespace {

std::string complaint(std::string_view text) {
    auto parsed = Replies::parse(text);
    return parsed ? "" : parsed.error().message;
}

TEST(Replies, the_first_line_that_fits_counts) {
    const auto replies = Replies::parse("# a comment\n\nunwanted\tBuy nothing\nlisted nothing\r\nreputation \" rbl\"\noperator Lists.example\n").value();
    EXPECT_EQ(replies.why("550 buy nothing here"), Why::unwanted);
    EXPECT_EQ(replies.why("550 nothing here"), Why::listed);
    EXPECT_EQ(replies.why("550 our rbl"), Why::reputation);
    EXPECT_EQ(replies.why("550 marbles, scrbl"), Why::none) << "white space within quotation marks counts";
    EXPECT_EQ(Replies::standard()->why("550 the mailbox has been blocked"), Why::none);
    EXPECT_EQ(replies.operators(), std::vector<std::string>{"lists.example"});
    EXPECT_FALSE(replies.says_nonexistent("550 user unknown")) << "a file takes the place of what is built in";
}

TEST(Replies, a_sender_that_does_not_exist_is_no_recipient) {
    const auto replies = Replies::parse("nonexistent does not exist\nabout-sender from address\n").value();
    EXPECT_TRUE(replies.says_nonexistent("550 it does not exist"));
    EXPECT_FALSE(replies.says_nonexistent("550 the from address does not exist"));
}

TEST(Replies, a_line_that_is_none_is_named) {
    const std::string expected =
        "expected nonexistent, about-sender, unwanted, unauthenticated, listed, reputation, unrelated or operator, and words";
    EXPECT_EQ(complaint("listed x\nlsited y\n"), "line 2: found \"lsited y\", " + expected);
    EXPECT_EQ(complaint("listed\n"), "line 1: found \"listed\", " + expected);
    EXPECT_EQ(complaint("listed \"\"\n"), "line 1: found \"listed \"\"\", " + expected);
    EXPECT_EQ(complaint(std::string(Replies::max_lines + 1, '\n')), "found more than 10000 lines");
    EXPECT_EQ(complaint(""), "");
}

TEST(Replies, a_file_that_cannot_be_read_is_named) {
    EXPECT_EQ(Replies::load("").value(), Replies::standard());
    const auto missing = Replies::load("/nonexistent/replies.txt");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, testing::HasSubstr("/nonexistent/replies.txt"));
}

} // namespace
} // namespace lazaret::detect
