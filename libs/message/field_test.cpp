#include "message/field.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lazaret::message {
namespace {

std::vector<std::pair<std::string, std::string>> all(std::string_view block) {
    std::vector<std::pair<std::string, std::string>> out;
    FieldCursor cursor(block);
    while (const auto field = cursor.next())
        out.emplace_back(field->name, field->unfolded());
    return out;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(FieldCursor, WalksOverFoldedFields) {
    EXPECT_EQ(
        all("From: a@example.org\r\nSubject: one\r\n two\r\n\tthree \r\nX-Empty:\r\nTo:b"),
        (Fields{{"From", "a@example.org"}, {"Subject", "one two\tthree"}, {"X-Empty", ""}, {"To", "b"}}));
    EXPECT_EQ(all(""), Fields{});
}

TEST(FieldCursor, ShowsTheValueAsItIsWritten) {
    FieldCursor cursor("Subject : one\r\n two\r\n");
    const auto field = cursor.next();
    ASSERT_TRUE(field);
    EXPECT_EQ(field->name, "Subject");
    EXPECT_EQ(field->value, " one\r\n two");
    EXPECT_TRUE(field->is("SUBJECT"));
    EXPECT_FALSE(field->is("SUBJECTS"));
    EXPECT_FALSE(cursor.next());
}

TEST(FieldCursor, SkipsWhatIsNoField) {
    EXPECT_EQ(all("rubbish\r\n and its: continuation\r\n: no name\r\nA: 1\r\n"), (Fields{{"A", "1"}}));
    EXPECT_EQ(all(" B: leading white space\r\nA: 1\r\n"), (Fields{{"A", "1"}}));
}

TEST(Field, UnfoldingKeepsTheInnerWhiteSpace) {
    EXPECT_EQ(unfold(" a\r\n  b \r\n"), "a  b");
    EXPECT_EQ(unfold("\r\n \r\n x"), "x");
    EXPECT_EQ(unfold("a\rb\nc"), "abc");
}

} // namespace
} // namespace lazaret::message
