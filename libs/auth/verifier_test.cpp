#include "auth/verifier.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

// RFC 7677 3: user "user", password "pencil", its salt and iterations. StoredKey and ServerKey follow from
// its exchange, whose client proof and server signature were recomputed from them.
constexpr auto rfc7677 =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

std::string with(std::string_view from, std::string_view to) {
    std::string text = rfc7677;
    return text.replace(text.find(from), from.size(), to);
}

TEST(Verifier, TakesTheVectorOfRfc7677) {
    const auto verifier = Verifier::parse(rfc7677);
    ASSERT_TRUE(verifier);
    EXPECT_TRUE(verifier->check("pencil"));
    EXPECT_FALSE(verifier->check("Pencil"));
    EXPECT_FALSE(verifier->check(""));
    EXPECT_FALSE(verifier->check("pencil "));
    EXPECT_EQ(verifier->to_string(), rfc7677);
}

TEST(Verifier, WhatIsMadeIsParsedAndChecked) {
    const auto made = Verifier::make("gr\xc3\xbc\xc3\x9f Gott", 5000);
    const auto parsed = Verifier::parse(made.to_string());
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(parsed->check("gr\xc3\xbc\xc3\x9f Gott"));
    EXPECT_FALSE(parsed->check("gr\xc3\xbc\xc3\x9f gott"));
    EXPECT_NE(Verifier::make("a").to_string(), Verifier::make("a").to_string()) << "the salt must be fresh";
    EXPECT_THROW(Verifier::make("a", 4095), std::invalid_argument);
}

TEST(Verifier, RefusesEverythingElse) {
    for (const std::string& bad :
         {std::string(), std::string("pencil"), std::string("SCRAM-SHA-256$"),
          with("SCRAM-SHA-256", "SCRAM-SHA-1"), with("4096", "4095"), with("4096", "1000001"),
          with("4096", "-4096"), with("4096", "99999999999999999999"), with("W22ZaJ0SNY7soEsUEjb6gQ==", ""),
          with("W22ZaJ0SNY7soEsUEjb6gQ==", "YWFh"),
          with("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6gQ="), with("WG5d", "!G5d"),
          with("WG5d8oPm", "WG5d"), with(":wfPL", "wfPL"), std::string(rfc7677) + ":",
          std::string(rfc7677) + "$", std::string(rfc7677) + "\n", " " + std::string(rfc7677)})
        EXPECT_FALSE(Verifier::parse(bad)) << bad;
}

TEST(Verifier, ADefaultOneAndTheDecoyFitNoPassword) {
    EXPECT_FALSE(Verifier().check(""));
    EXPECT_FALSE(decoy().check(""));
    EXPECT_FALSE(decoy().check("password"));
    EXPECT_TRUE(decoy().to_string().starts_with("SCRAM-SHA-256$4096:"));
}

} // namespace
} // namespace lazaret::auth
