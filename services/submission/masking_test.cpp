#include "submission/masking.hpp"

#include "smtp/replies.hpp"

#include <gtest/gtest.h>

namespace lazaret::submission {
namespace {

TEST(Masking, OfAuthOnlyTheMechanismStays) {
    EXPECT_EQ(masked_command("AUTH PLAIN AGEAc2VjcmV0"), "AUTH PLAIN ***");
    EXPECT_EQ(masked_command("auth\tlogin  YWJj"), "AUTH login ***");
    EXPECT_EQ(masked_command("AUTH SCRAM-SHA-256"), "AUTH SCRAM-SHA-256");
    EXPECT_EQ(masked_command("AUTH c2VjcmV0"), "AUTH ***");
    EXPECT_EQ(masked_command("AUTH c2VjcmV0 more"), "AUTH *** ***");
    EXPECT_EQ(masked_command("AUTH"), "AUTH");
}

TEST(Masking, LinesOutOfStepShowTheirSizeOnly) {
    for (const char* line : {"c2VjcmV0", "AUTHPLAIN c2VjcmV0", " AUTH PLAIN c2VjcmV0", "PASS secret", ""})
        EXPECT_EQ(masked_command(line), "(no SMTP command, " + std::to_string(std::string(line).size()) + " octets)");
    EXPECT_EQ(masked_response("c2VjcmV0"), "(AUTH exchange, 8 octets)");
    EXPECT_EQ(masked_response("*"), "*");
}

TEST(Masking, CommandsStayAndControlOctetsDoNot) {
    EXPECT_EQ(masked_command("MAIL FROM:<a@example.org> SIZE=10"), "MAIL FROM:<a@example.org> SIZE=10");
    EXPECT_EQ(masked_command("NOOP \x1b[2J"), "NOOP ?[2J");
}

TEST(Masking, RepliesAreLinesWithoutChallenges) {
    EXPECT_EQ(masked_reply(smtp::replies::auth_challenge("cj1ub25jZQ==")), "334 ***");
    EXPECT_EQ(masked_reply(smtp::replies::auth_challenge("")), "334");
    EXPECT_EQ(masked_reply(smtp::Reply(250, smtp::Enhanced(), "one\ntwo")), "250-one\n250 two");
}

} // namespace
} // namespace lazaret::submission
