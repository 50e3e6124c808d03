#include "store/csv.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace lazaret::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> read_one(const std::string& line) {
    std::istringstream input("a,b\n" + line);
    CsvReader reader(input, {"a", "b"});
    auto record = reader.next();
    if (!record) return {"error", record.error().message};
    if (!*record) return {};
    return (*record)->fields;
}

TEST(Csv, FieldsPlainQuotedAndEmpty) {
    EXPECT_THAT(read_one("x,y\n"), ElementsAre("x", "y"));
    EXPECT_THAT(read_one("x,"), ElementsAre("x", ""));
    EXPECT_THAT(read_one("\"x, \"\"y\"\"\r\nz\",\"\"\r\n"), ElementsAre("x, \"y\"\r\nz", ""));
    EXPECT_THAT(read_one("\n\r\nx,y\r\n"), ElementsAre("x", "y"));
    EXPECT_THAT(read_one(""), ElementsAre());
}

TEST(Csv, RefusesWhatIsNotExactlyCsv) {
    EXPECT_THAT(read_one("x"), ElementsAre("error", HasSubstr("1 fields, expected 2 (a,b)")));
    EXPECT_THAT(read_one("x,y,z\n"), ElementsAre("error", HasSubstr("3 fields")));
    EXPECT_THAT(read_one("x,y\"z\n"), ElementsAre("error", HasSubstr("quote within")));
    EXPECT_THAT(read_one("x,\"y\"z\n"), ElementsAre("error", HasSubstr("after a closing quote")));
    EXPECT_THAT(read_one("x,\"y\n"), ElementsAre("error", HasSubstr("never closed")));
    EXPECT_THAT(read_one("x,y\rz\n"), ElementsAre("error", HasSubstr("carriage return")));
    EXPECT_THAT(read_one("x,\xff\n"), ElementsAre("error", HasSubstr("b is not UTF-8")));
    EXPECT_THAT(read_one("x," + std::string(5000, 'y')), ElementsAre("error", HasSubstr("4096")));
}

TEST(Csv, GoesOnAfterABadLineAndCountsLines) {
    std::istringstream input("\xEF\xBB\xBF"
                             "a,b\n1,2\nbad\n\"3\n\",4\n5\"x,6\n7,8\n");
    CsvReader reader(input, {"a", "b"});
    EXPECT_EQ(reader.next()->value().line, 2u);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.line(), 3u);
    EXPECT_EQ(reader.next()->value().line, 4u);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.line(), 6u);
    EXPECT_EQ(reader.next()->value().line, 7u);
    EXPECT_FALSE(reader.next()->has_value());
    EXPECT_FALSE(reader.broken());
}

TEST(Csv, AWrongHeaderEndsIt) {
    std::istringstream input("a;b\n1;2\n");
    CsvReader reader(input, {"a", "b"});
    auto record = reader.next();
    ASSERT_FALSE(record);
    EXPECT_THAT(record.error().message, HasSubstr("expected a,b"));
    EXPECT_TRUE(reader.broken());
}

} // namespace
} // namespace lazaret::store
