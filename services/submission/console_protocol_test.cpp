#include "submission/console_protocol.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lazaret::submission::console {
namespace {

TEST(ConsoleProtocol, RequestsAreRead) {
    const auto list = parse(R"({"request":"sessions","most":99999999})");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->kind, Request::Kind::sessions);
    EXPECT_TRUE(list->wanted.empty());
    EXPECT_EQ(list->most, most_listed);
    const auto kill = parse(R"({"request":"kill","id":7,"ip":"192.0.2.0/24","account":"A@Example.org","subscriber":"S-1"})");
    ASSERT_TRUE(kill) << kill.error().message;
    EXPECT_EQ(kill->kind, Request::Kind::kill);
    EXPECT_EQ(kill->wanted.id, 7U);
    EXPECT_EQ(kill->wanted.network->to_string(), "192.0.2.0/24");
    EXPECT_EQ(kill->wanted.account, "a@example.org");
    EXPECT_EQ(kill->wanted.subscriber, "S-1");
}

TEST(ConsoleProtocol, WhatIsNotUnderstoodEndsNobody) {
    for (const char* wrong :
         {"", "{", "[]", "7", "null", "{}", R"({"request":"kill"})", R"({"request":"trace"})", R"({"request":"stop","id":1})",
          R"({"request":"kill","id":1,"acount":"a"})", R"({"request":"kill","id":-1})", R"({"request":"kill","id":"1"})",
          R"({"request":"kill","account":""})", R"({"request":"kill","ip":"192.0.2.1/24"})", R"({"request":"kill","ip":7})",
          R"({"request":"kill","subscriber":["S-1"]})", R"({"request":["kill"],"id":1})", "{\"request\":\"kill\",\"account\":\"\xff\"}"})
        EXPECT_FALSE(parse(wrong)) << wrong;
}

TEST(ConsoleProtocol, AnswersAreOneLineWhateverIsInThem) {
    TraceLine line;
    line.text = "a\nb\xff\x1b";
    const auto wire = trace_line(line);
    EXPECT_EQ(wire.find('\n'), wire.size() - 1);
    EXPECT_TRUE(nlohmann::json::accept(wire));
    EXPECT_EQ(listed_line(2, 1), "{\"listed\":2,\"left_off\":1}\n");
    EXPECT_EQ(killed_line(3), "{\"killed\":3}\n");
    EXPECT_EQ(error_line("no"), "{\"error\":\"no\"}\n");
}

} // namespace
} // namespace lazaret::submission::console
