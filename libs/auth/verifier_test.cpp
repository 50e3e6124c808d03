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

// Of libxcrypt, with small costs; the password is "pencil" in all of them.
constexpr const char* crypt_hashes[] = {
    "{CRYPT}$y$j75$ETMlnVEHBHgHxTRmKmnZP/$fBG1gYuoneJUeIQpgc0kS5D3MmbpG4sk6rjsU771mU3",
    "{CRYPT}$2b$05$abcdefghijklmnopqrstuu680Yiaj5hFUaJTH/rTAcbA2PQEGfiZu",
    "{CRYPT}$6$rounds=1000$saltsalt$bbY.T.ZpN43KapLdmlSbP6MmxBlkMSbhrh.Y1rmY0fYaRO/t.4sKqUiU.Z8byKf8Oa1yagMn/0fncuHSYrb9h.",
    "{CRYPT}$5$rounds=1000$saltsalt$1E80wIeNUk6Tw.cvgykgsGLDhE7YCS/mO7gtCEoKze9",
    "{CRYPT}$1$saltsalt$wCrc3hcrR95SV83Xh8Z.41",
};

TEST(Verifier, ChecksHashesOfCrypt) {
    for (const char* hash : crypt_hashes) {
        const auto verifier = Verifier::parse(hash);
        ASSERT_TRUE(verifier) << hash;
        EXPECT_EQ(verifier->kind(), Verifier::Kind::crypt);
        EXPECT_EQ(verifier->to_string(), hash);
        EXPECT_EQ(verifier->scram(), nullptr);
        EXPECT_TRUE(verifier->check("pencil")) << hash;
        EXPECT_FALSE(verifier->check("pencil ")) << hash;
        EXPECT_FALSE(verifier->check("")) << hash;
        EXPECT_FALSE(verifier->check(std::string_view("pencil\0x", 8))) << hash;
        EXPECT_FALSE(verifier->check(std::string(1024, 'p'))) << hash;
    }
}

TEST(Verifier, RefusesHashesThatCryptCannotCompute) {
    for (const char* bad : {"{CRYPT}", "{CRYPT}*", "{CRYPT}!", "{CRYPT}!$6$abc$def", "{CRYPT}x", "{CRYPT}$nonsense$abc", "{CRYPT}$6$a b$c",
                            "{crypt}$6$abc$def"})
        EXPECT_FALSE(Verifier::parse(bad)) << bad;
    EXPECT_FALSE(Verifier::parse("{CRYPT}$6$" + std::string(400, 'a')));
    const auto salt_only = Verifier::parse("{CRYPT}$6$abcdefgh$");
    EXPECT_TRUE(!salt_only || !salt_only->check("")) << "an account without password is no account without check";
}

TEST(Verifier, ASharedSecretServesEveryMechanism) {
    const auto made = Verifier::make_shared("pen cil$");
    const auto parsed = Verifier::parse(made.to_string());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->kind(), Verifier::Kind::shared);
    EXPECT_EQ(parsed->shared_secret(), "pen cil$");
    EXPECT_EQ(parsed->to_string(), made.to_string());
    EXPECT_TRUE(parsed->check("pen cil$"));
    EXPECT_FALSE(parsed->check("pencil"));
    ASSERT_NE(parsed->scram(), nullptr);
    EXPECT_TRUE(Verifier::parse(rfc7677)->shared_secret().empty());
    for (const std::string& bad : {std::string("{SHARED}"), std::string("{SHARED}cGVuY2ls"), "{SHARED}$" + std::string(rfc7677),
                                   "{SHARED}!$" + std::string(rfc7677), "{SHARED}cGVuY2ls$" + std::string(rfc7677) + "x"})
        EXPECT_FALSE(Verifier::parse(bad)) << bad;
}

TEST(Verifier, TakesWhatAdministratorsHave) {
    const auto kind = [](std::string_view given) {
        auto made = Verifier::import(given);
        return made ? std::optional(made->kind()) : std::nullopt;
    };
    using Kind = Verifier::Kind;
    EXPECT_EQ(Verifier::import(rfc7677)->to_string(), rfc7677);
    EXPECT_TRUE(Verifier::import("pencil")->check("pencil"));
    EXPECT_TRUE(Verifier::import("{PLAIN}{SHARED}pencil")->check("{SHARED}pencil"));
    EXPECT_TRUE(Verifier::import("{}")->check("{}"));
    EXPECT_TRUE(Verifier::import("{curly} start")->check("{curly} start"));
    EXPECT_EQ(Verifier::import("{SHARED}pencil")->shared_secret(), "pencil");
    EXPECT_EQ(Verifier::import(Verifier::make_shared("pencil").to_string())->shared_secret(), "pencil");
    EXPECT_EQ(kind(crypt_hashes[0]), Kind::crypt);
    EXPECT_EQ(kind("{SHA512-CRYPT}" + std::string(crypt_hashes[2]).substr(7)), Kind::crypt);
    EXPECT_EQ(kind("{BLF-CRYPT}" + std::string(crypt_hashes[1]).substr(7)), Kind::crypt);
    for (const char* bad : {"", "{PLAIN}", "{SHARED}", "{SSHA}abc", "{ARGON2ID}$argon2id$x", "{CRYPT}x", "SCRAM-SHA-256$damaged"})
        EXPECT_EQ(kind(bad), std::nullopt) << bad;
    EXPECT_EQ(kind(std::string(1025, 'x')), std::nullopt);
}

} // namespace
} // namespace lazaret::auth
