#include "verdict/verdict.hpp"

#include <gtest/gtest.h>

namespace lazaret::verdict {
namespace {

TEST(Finding, IsSpelledAsInEvents) {
    EXPECT_EQ(to_string(Finding("casino", Mode::enforce, 10)), "casino:enforce:10");
    EXPECT_EQ(to_string(Finding("a.b-c", Mode::warn, 2.5)), "a.b-c:warn:2.5");
    EXPECT_EQ(to_string(Finding("x", Mode::off, 0)), "x:off:0");
    EXPECT_EQ(to_strings({Finding("a", Mode::warn, 1), Finding("b", Mode::enforce, 2)}),
              (std::vector<std::string>{"a:warn:1", "b:enforce:2"}));
}

TEST(Finding, OnlyEnforcedOnesAddUp) {
    EXPECT_EQ(enforced_score({}), 0);
    EXPECT_EQ(enforced_score({Finding("a", Mode::warn, 100), Finding("b", Mode::enforce, 4),
                              Finding("c", Mode::enforce, 6.5)}),
              10.5);
}

TEST(Verdict, KindFollowsTheReply) {
    const auto deferred =
        turn_away(smtp::Reply(450, {4, 7, 1}, "later"), event::RefusedBy::limit, "messages_per_hour");
    EXPECT_EQ(deferred.kind, Verdict::Kind::defer);
    EXPECT_FALSE(deferred.accepted());
    const auto refused = turn_away(smtp::Reply(550, {5, 7, 1}, "no"), event::RefusedBy::content, "casino");
    EXPECT_EQ(refused.kind, Verdict::Kind::refuse);
    EXPECT_EQ(refused.by, event::RefusedBy::content);
    EXPECT_EQ(refused.reason, "casino");
    EXPECT_EQ(refused.reply.code(), 550);
    EXPECT_TRUE(Verdict().accepted());
    EXPECT_THROW(turn_away(smtp::Reply(250, {}, "ok"), event::RefusedBy::nobody, ""), std::invalid_argument);
    EXPECT_EQ(to_string(refused.kind), "refuse");
    EXPECT_EQ(to_string(deferred.kind), "defer");
    EXPECT_EQ(to_string(Verdict().kind), "accept");
}

} // namespace
} // namespace lazaret::verdict
