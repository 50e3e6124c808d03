#include "auth/accounts.hpp"

#include <gtest/gtest.h>

#include <set>

namespace lazaret::auth {
namespace {

constexpr auto rfc7677 =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

subscriber::Account account(std::string login, std::string verifier) {
    subscriber::Account out;
    out.login = std::move(login);
    out.subscriber = "S-1";
    out.verifier = std::move(verifier);
    return out;
}

subscriber::Directory directory(std::vector<subscriber::Account> accounts) {
    subscriber::Directory::Rows rows;
    rows.accounts = std::move(accounts);
    return subscriber::Directory(std::move(rows));
}

TEST(Accounts, GivesTheVerifierOfALogin) {
    const auto people = directory({account("tim", rfc7677)});
    const Accounts accounts(people, "secret");
    const auto found = accounts.find("tim");
    ASSERT_NE(found.account, nullptr);
    EXPECT_FALSE(found.damaged);
    EXPECT_TRUE(found.verifier.check("pencil"));
    EXPECT_EQ(accounts.scram_keys("tim").salt, found.verifier.scram()->salt);
}

TEST(Accounts, AnUnknownLoginCostsWhatAKnownOneCosts) {
    const auto people = directory({account("tim", "{CRYPT}$6$rounds=1000$saltsalt$x"), account("tom", "{CRYPT}$6$rounds=1000$saltsalt$y")});
    const auto found = Accounts(people, "secret").find("nobody");
    EXPECT_EQ(found.account, nullptr);
    EXPECT_EQ(found.verifier.kind(), Verifier::Kind::crypt);
    const auto nobody = directory({});
    EXPECT_EQ(Accounts(nobody, "secret").find("nobody").verifier.kind(), Verifier::Kind::scram);
}

TEST(Accounts, DecoysAreStableAndLookLikeTheOthers) {
    const auto made = Verifier::make("pencil", 5000);
    const auto people = directory({account("tim", made.to_string())});
    const Accounts accounts(people, "secret");
    const auto decoy = accounts.scram_keys("nobody");
    EXPECT_EQ(decoy.iterations, 5000u);
    EXPECT_EQ(decoy.salt.size(), made.scram()->salt.size());
    EXPECT_EQ(decoy.salt, Accounts(people, "secret").scram_keys("nobody").salt) << "asked again, on another node";
    EXPECT_NE(decoy.salt, accounts.scram_keys("nobody2").salt);
    EXPECT_NE(decoy.salt, Accounts(people, "other").scram_keys("nobody").salt) << "nobody else can compute it";
    EXPECT_EQ(decoy.stored_key.size(), 32u);
    std::set<std::string> secrets;
    for (const char* login : {"nobody", "tim", "nobody2"})
        secrets.emplace(accounts.shared_secret(login).view());
    EXPECT_EQ(secrets.size(), 3u);
}

TEST(Accounts, AVerifierThatDoesNotFitTheMechanismIsADecoy) {
    const auto people = directory({account("old", "{CRYPT}$6$rounds=1000$saltsalt$x"), account("tim", rfc7677)});
    const Accounts accounts(people, "secret");
    EXPECT_NE(accounts.scram_keys("old").salt, accounts.scram_keys("tim").salt);
    EXPECT_EQ(accounts.scram_keys("old").stored_key.size(), 32u);
    EXPECT_NE(accounts.shared_secret("tim").view(), "pencil");
}

TEST(Accounts, TellsWhichMechanismsAVerifierServes) {
    const auto shared = Verifier::make_shared("pencil").to_string();
    const auto people = directory({account("old", "{CRYPT}$6$rounds=1000$saltsalt$x"), account("tim", rfc7677), account("sue", shared)});
    const Accounts accounts(people, "secret");
    for (const char* mechanism : {"PLAIN", "LOGIN"})
        for (const char* login : {"old", "tim", "sue"}) EXPECT_TRUE(accounts.can_serve(mechanism, login));
    for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}) {
        EXPECT_FALSE(accounts.can_serve(mechanism, "old"));
        EXPECT_TRUE(accounts.can_serve(mechanism, "tim"));
        EXPECT_TRUE(accounts.can_serve(mechanism, "sue"));
    }
    EXPECT_FALSE(accounts.can_serve("CRAM-MD5", "tim"));
    EXPECT_TRUE(accounts.can_serve("CRAM-MD5", "sue"));
    std::set<bool> of_strangers;
    for (int i = 0; i < 100; ++i) of_strangers.insert(accounts.can_serve("SCRAM-SHA-256", "nobody" + std::to_string(i)));
    EXPECT_EQ(of_strangers.size(), 2u) << "a login that does not exist is like one that does";
}

TEST(Accounts, SharedSecretsServeCramAndScram) {
    const auto people = directory({account("tim", Verifier::make_shared("pencil").to_string())});
    const Accounts accounts(people, "secret");
    EXPECT_EQ(accounts.shared_secret("tim").view(), "pencil");
    EXPECT_EQ(accounts.scram_keys("tim").salt, accounts.find("tim").verifier.scram()->salt);
}

TEST(Accounts, ADamagedVerifierIsToldAndFitsNothing) {
    const auto people = directory({account("tim", "pencil")});
    const Accounts accounts(people, "secret");
    EXPECT_TRUE(accounts.find("tim").damaged);
    EXPECT_FALSE(accounts.find("tim").verifier.check("pencil"));
    EXPECT_EQ(accounts.scram_keys("tim").stored_key.size(), 32u);
}

} // namespace
} // namespace lazaret::auth
