#include "auth/sasl.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::auth {
namespace {

using namespace std::string_literals;
using State = SaslStep::State;

std::unique_ptr<Exchange> make_exchange(std::string_view mechanism) {
    return auth::make_exchange(mechanism, ExchangeContext());
}

SaslStep::State plain(std::string response, Credentials* out = nullptr) {
    auto exchange = make_exchange("PLAIN");
    const auto step = exchange->start(std::move(response));
    if (out) *out = exchange->take_credentials();
    return step.state;
}

TEST(Plain, TakesTheInitialResponse) {
    Credentials got;
    ASSERT_EQ(plain("\0tim\0tanstaaftanstaaf"s, &got), State::credentials);
    EXPECT_EQ(got.login, "tim");
    EXPECT_EQ(got.password.view(), "tanstaaftanstaaf");
}

TEST(Plain, AsksWithAnEmptyChallengeWhenNoneIsGiven) {
    auto exchange = make_exchange("plain");
    auto step = exchange->start(std::nullopt);
    EXPECT_EQ(step.state, State::challenge);
    EXPECT_EQ(step.challenge, "");
    step = exchange->feed(base64_encode("\0a@example.org\0p w\xff"s));
    ASSERT_EQ(step.state, State::credentials);
    const auto got = exchange->take_credentials();
    EXPECT_EQ(got.login, "a@example.org");
    EXPECT_EQ(got.password.view(), "p w\xff");
}

TEST(Plain, AuthzidMayOnlyRepeatTheLogin) {
    EXPECT_EQ(plain("tim\0tim\0secret"s), State::credentials);
    EXPECT_EQ(plain("Tim\0tim\0secret"s), State::credentials);
    Credentials got;
    EXPECT_EQ(plain("ursel\0tim\0secret"s), State::failed);
    EXPECT_EQ(plain("ti\0tim\0secret"s), State::failed);
}

TEST(Plain, RefusesMalformedResponses) {
    for (const std::string& bad :
         {""s, "tim"s, "\0tim"s, "\0\0secret"s, "\0tim\0"s, "\0tim\0sec\0ret"s, "\0\0\0"s, "\0tim\0secret\0"s,
          "\0ti\nm\0secret"s, "\0t\xff\0secret"s, "\0"s + std::string(256, 'a') + "\0s"s,
          "\0tim\0"s + std::string(1025, 's'), std::string(100000, 'a'), std::string(100000, '\0')})
        EXPECT_EQ(plain(bad), State::malformed) << printable(bad, 40);
    EXPECT_EQ(plain("\0"s + std::string(255, 'a') + "\0"s + std::string(1024, 's')), State::credentials);
    EXPECT_EQ(plain(std::string(255, 'a') + "\0"s + std::string(255, 'a') + "\0"s + std::string(1024, 's')),
              State::credentials);
}

TEST(Login, PromptsForBoth) {
    auto exchange = make_exchange("LOGIN");
    auto step = exchange->start(std::nullopt);
    EXPECT_EQ(step.state, State::challenge);
    EXPECT_EQ(base64_encode(step.challenge), "VXNlcm5hbWU6");
    step = exchange->feed(base64_encode("tim"));
    EXPECT_EQ(step.state, State::challenge);
    EXPECT_EQ(base64_encode(step.challenge), "UGFzc3dvcmQ6");
    step = exchange->feed(base64_encode("secret"));
    ASSERT_EQ(step.state, State::credentials);
    const auto got = exchange->take_credentials();
    EXPECT_EQ(got.login, "tim");
    EXPECT_EQ(got.password.view(), "secret");
}

TEST(Login, TakesTheLoginAsInitialResponse) {
    auto exchange = make_exchange("Login");
    EXPECT_EQ(exchange->start("tim"s).challenge, "Password:");
    EXPECT_EQ(exchange->next("secret").state, State::credentials);
}

TEST(Login, RefusesNulAndEmpty) {
    const auto run = [](std::string login, std::string password) {
        auto exchange = make_exchange("LOGIN");
        exchange->start(std::move(login));
        return exchange->next(std::move(password)).state;
    };
    EXPECT_EQ(run("", "secret"), State::malformed);
    EXPECT_EQ(run("tim", ""), State::malformed);
    EXPECT_EQ(run("t\0m"s, "secret"), State::malformed);
    EXPECT_EQ(run("tim", "sec\0ret"s), State::malformed);
    EXPECT_EQ(run(std::string(256, 'a'), "s"), State::malformed);
    EXPECT_EQ(run("tim", "secret"), State::credentials);
}

TEST(Exchange, StarCancelsAndBadBase64IsMalformed) {
    for (const char* mechanism : {"PLAIN", "LOGIN"}) {
        auto exchange = make_exchange(mechanism);
        exchange->start(std::nullopt);
        EXPECT_EQ(exchange->feed("*").state, State::cancelled);
        exchange = make_exchange(mechanism);
        exchange->start(std::nullopt);
        EXPECT_EQ(exchange->feed("dGlt!").state, State::malformed);
    }
}

TEST(Exchange, IsOverAfterItsEnd) {
    auto exchange = make_exchange("PLAIN");
    ASSERT_EQ(exchange->start("\0tim\0secret"s).state, State::credentials);
    EXPECT_EQ(exchange->next("\0tim\0other"s).state, State::malformed);
    EXPECT_EQ(exchange->start(std::nullopt).state, State::malformed);
    EXPECT_EQ(exchange->take_credentials().password.view(), "secret");
}

TEST(Exchange, OnlyWhatIsListedExists) {
    for (const auto& name : mechanisms())
        EXPECT_NE(make_exchange(name), nullptr) << name;
    for (const char* other : {"", "CRAM-MD", "PLAI", "PLAINX", "LOGIN ", "SCRAM-SHA-1"})
        EXPECT_EQ(make_exchange(other), nullptr);
}

TEST(Exchange, TellsWhoItWasAlsoWhenItFails) {
    auto exchange = make_exchange("PLAIN");
    EXPECT_EQ(exchange->login(), "");
    EXPECT_EQ(exchange->start("ursel\0tim\0secret"s).state, State::failed);
    EXPECT_EQ(exchange->login(), "tim");
    exchange = make_exchange("LOGIN");
    exchange->start("tim"s);
    EXPECT_EQ(exchange->login(), "tim") << "before the password, so that a pause can be told without it";
}

TEST(Exchange, RandomOctetsNeverYieldCredentialsThatBreakTheRules) {
    std::mt19937 random(7);
    const std::string alphabet = "\0\0\0ab*=\n\x7f\xc3\xa9"s;
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        auto exchange = make_exchange(round % 2 ? "PLAIN" : "LOGIN");
        const auto octets = [&] {
            std::string text(random() % 12, '\0');
            for (char& c : text)
                c = alphabet[random() % alphabet.size()];
            return text;
        };
        auto step = exchange->start(random() % 2 ? std::optional(octets()) : std::nullopt);
        for (int i = 0; i < 3 && step.state == State::challenge; ++i)
            step = exchange->next(octets());
        ASSERT_NE(step.state, State::challenge) << "an exchange ends after at most three responses";
        if (step.state != State::credentials) continue;
        ++accepted;
        const auto got = exchange->take_credentials();
        EXPECT_FALSE(got.login.empty());
        EXPECT_EQ(got.login.find_first_of("\0\n\x7f"s), std::string::npos);
        EXPECT_TRUE(is_valid_utf8(got.login));
        EXPECT_FALSE(got.password.view().empty());
        EXPECT_EQ(got.password.view().find('\0'), std::string_view::npos);
    }
    EXPECT_GT(accepted, 100u);
}

} // namespace
} // namespace lazaret::auth
