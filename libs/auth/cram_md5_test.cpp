#include "auth/cram_md5.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

using namespace std::string_literals;
using State = SaslStep::State;

class Source final : public AccountSource {
  public:
    ScramKeys scram_keys(std::string_view) override { return {}; }
    Secret shared_secret(std::string_view login) override { return Secret(login == "tim" ? "tanstaaftanstaaf" : "a decoy"); }
};

struct CramMd5 : testing::Test {
    Source source;
    ExchangeContext context;
    CramMd5() {
        context.accounts = &source;
        context.nonce = "1896";
        context.now = Time(std::chrono::seconds(697170952));
        context.hostname = "postoffice.reston.mci.net";
    }
    State answer(const std::string& response) {
        auto exchange = make_cram_md5(context);
        exchange->start(std::nullopt);
        return exchange->next(response).state;
    }
};

TEST_F(CramMd5, VectorOfRfc2195) {
    auto exchange = make_cram_md5(context);
    const auto step = exchange->start(std::nullopt);
    ASSERT_EQ(step.state, State::challenge);
    EXPECT_EQ(step.challenge, "<1896.697170952@postoffice.reston.mci.net>");
    EXPECT_EQ(exchange->feed("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw").state, State::authenticated);
    EXPECT_EQ(exchange->login(), "tim");
}

TEST_F(CramMd5, OnlyTheRightDigestOfTheRightOne) {
    EXPECT_EQ(answer("tim b913a602c7eda7a495b4e6e7334d3891"), State::failed);
    EXPECT_EQ(answer("tom b913a602c7eda7a495b4e6e7334d3890"), State::failed);
    context.nonce = "1897";
    EXPECT_EQ(answer("tim b913a602c7eda7a495b4e6e7334d3890"), State::failed) << "a replay";
}

TEST_F(CramMd5, TheServerSpeaksFirst) {
    auto exchange = make_cram_md5(context);
    EXPECT_EQ(exchange->start("tim b913a602c7eda7a495b4e6e7334d3890"s).state, State::malformed);
}

TEST_F(CramMd5, RefusesMalformedResponses) {
    for (const auto& bad : {""s, "tim"s, std::string(40, ' '), "tim b913a602c7eda7a495b4e6e7334d389"s, "user " + std::string(33, '0'),
                            "tim B913A602C7EDA7A495B4E6E7334D3890"s, "timb913a602c7eda7a495b4e6e7334d3890"s, std::string(64, '\0'),
                            " b913a602c7eda7a495b4e6e7334d3890"s, "t\0m b913a602c7eda7a495b4e6e7334d3890"s,
                            std::string(256, 'a') + " b913a602c7eda7a495b4e6e7334d3890", std::string(100000, 'a')})
        EXPECT_EQ(answer(bad), State::malformed) << bad.substr(0, 40);
    EXPECT_EQ(answer("a b c 00000000000000000000000000000000"), State::failed) << "a login may hold spaces";
    EXPECT_EQ(cram_md5_login("a b 00000000000000000000000000000000"), "a b");
    EXPECT_EQ(cram_md5_login("a b"), "");
}

} // namespace
} // namespace lazaret::auth
