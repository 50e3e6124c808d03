#include "auth/scram.hpp"

#include "core/hash.hpp"
#include "core/text.hpp"

#include <gtest/gtest.h>

namespace lazaret::auth {
namespace {

using namespace std::string_literals;
using State = SaslStep::State;

// RFC 7677 3, whose server part of the nonce and whose salt are given to the exchange here.
constexpr auto verifier_of_pencil =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
constexpr auto server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const std::string server_first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const std::string client_final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                 "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

class Source final : public AccountSource {
  public:
    std::string asked;
    ScramKeys scram_keys(std::string_view login) override {
        asked = login;
        return *Verifier::parse(verifier_of_pencil)->scram();
    }
    Secret shared_secret(std::string_view) override { return {}; }
};

/// A client that knows "pencil", for what the RFC has no vector of.
std::string final_of(const std::string& header, const std::string& bound, const std::string& bare, const std::string& first,
                     const std::string& more = "") {
    const auto salted = base64_decode("xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=");
    const std::string client_key = hmac_sha256(*salted, "Client Key");
    const std::string nonce = first.substr(2, first.find(',') - 2);
    const std::string without = "c=" + base64_encode(header + bound) + ",r=" + nonce + more;
    std::string proof = hmac_sha256(sha256(client_key), bare + "," + first + "," + without);
    for (std::size_t i = 0; i < proof.size(); ++i)
        proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    return without + ",p=" + base64_encode(proof);
}

struct Scram : testing::Test {
    Source source;
    ExchangeContext context;
    std::unique_ptr<Exchange> exchange;

    Scram() {
        context.accounts = &source;
        context.nonce = server_nonce;
        context.bindings.exporter = std::string(32, 'x');
        context.bindings.server_end_point = std::string(32, 'e');
        context.plus_offered = true;
    }
    void begin(bool plus = false) { exchange = make_scram(context, plus); }
    State first(const std::string& message, bool plus = false) {
        begin(plus);
        return exchange->start(message).state;
    }
    /// The whole exchange of a client that binds `bound` under `header`.
    State whole(const std::string& header, const std::string& bound, bool plus, const std::string& more = "") {
        begin(plus);
        const std::string bare = "n=user,r=abc";
        auto step = exchange->start(header + bare);
        if (step.state != State::challenge) return step.state;
        step = exchange->next(final_of(header, bound, bare, step.challenge, more));
        if (step.state != State::challenge) return step.state;
        EXPECT_TRUE(step.challenge.starts_with("v="));
        return exchange->next("").state;
    }
};

TEST_F(Scram, VectorOfRfc7677) {
    begin();
    auto step = exchange->start(client_first);
    ASSERT_EQ(step.state, State::challenge);
    EXPECT_EQ(step.challenge, server_first);
    EXPECT_EQ(source.asked, "user");
    step = exchange->next(client_final);
    ASSERT_EQ(step.state, State::challenge);
    EXPECT_EQ(step.challenge, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    EXPECT_EQ(exchange->next("").state, State::authenticated);
    EXPECT_EQ(exchange->login(), "user");
}

TEST_F(Scram, AsksForTheFirstMessageWhenThereIsNone) {
    begin();
    const auto step = exchange->start(std::nullopt);
    EXPECT_EQ(step.state, State::challenge);
    EXPECT_EQ(step.challenge, "");
    EXPECT_EQ(exchange->next(client_first).challenge, server_first);
}

TEST_F(Scram, TheServersProofIsAnsweredByNothing) {
    begin();
    exchange->start(client_first);
    exchange->next(client_final);
    EXPECT_EQ(exchange->next("x").state, State::malformed);
    begin();
    exchange->start(client_first);
    exchange->next(client_final);
    EXPECT_EQ(exchange->feed("*").state, State::cancelled) << "a server that could not prove itself";
}

TEST_F(Scram, AWrongProofOrNonceFails) {
    const auto run = [&](std::string last) {
        begin();
        exchange->start(client_first);
        return exchange->next(std::move(last)).state;
    };
    std::string changed = client_final;
    changed[changed.find("p=") + 2] = 'e';
    EXPECT_EQ(run(changed), State::failed);
    changed = client_final;
    changed.insert(changed.find(",p="), "x");
    EXPECT_EQ(run(changed), State::failed);
    EXPECT_EQ(run(client_final), State::challenge);
}

TEST_F(Scram, ANonceThatIsSignedButNotOursFails) {
    begin();
    const std::string bare = "n=user,r=abc";
    auto step = exchange->start("n,," + bare);
    // The client signs what it sends, and sends another nonce than ours.
    std::string other = step.challenge;
    other.insert(2, "y");
    const auto signed_over = final_of("n,,", "", bare, step.challenge);
    std::string last = final_of("n,,", "", bare, other);
    EXPECT_EQ(exchange->next(last).state, State::failed);
    EXPECT_NE(last, signed_over);
}

TEST_F(Scram, BindsToTheChannel) {
    EXPECT_EQ(whole("p=tls-exporter,,", context.bindings.exporter, true), State::authenticated);
    EXPECT_EQ(whole("p=tls-server-end-point,,", context.bindings.server_end_point, true), State::authenticated);
    EXPECT_EQ(whole("p=tls-exporter,,", std::string(32, 'z'), true), State::failed) << "somebody in between";
    EXPECT_EQ(whole("p=tls-exporter,,", context.bindings.server_end_point, true), State::failed);
    EXPECT_EQ(whole("p=tls-exporter,,", "", true), State::failed);
    EXPECT_EQ(whole("p=tls-unique,,", context.bindings.exporter, true), State::failed);
    EXPECT_EQ(whole("n,,", "", true), State::failed) << "-PLUS without binding";
    EXPECT_EQ(whole("y,,", "", true), State::failed);
    EXPECT_EQ(whole("p=tls-exporter,,", context.bindings.exporter, false), State::failed) << "not what was chosen";
}

TEST_F(Scram, ABindingThatThisConnectionLacksIsRefused) {
    context.bindings.exporter.clear();
    EXPECT_EQ(whole("p=tls-exporter,,", "", true), State::failed);
    EXPECT_EQ(whole("p=tls-server-end-point,,", context.bindings.server_end_point, true), State::authenticated);
}

TEST_F(Scram, SeesThatPlusWasHidden) {
    EXPECT_EQ(whole("y,,", "", false), State::failed) << "we offer -PLUS, the client was not shown it";
    context.plus_offered = false;
    EXPECT_EQ(whole("y,,", "", false), State::authenticated);
    EXPECT_EQ(whole("n,,", "", false), State::authenticated);
}

TEST_F(Scram, TheHeaderIsPartOfWhatIsSigned) {
    begin();
    const std::string bare = "n=user,r=abc";
    const auto step = exchange->start("n,," + bare);
    EXPECT_EQ(exchange->next(final_of("y,,", "", bare, step.challenge)).state, State::failed);
}

TEST_F(Scram, AuthzidMayOnlyRepeatTheLogin) {
    EXPECT_EQ(whole("n,a=user,", "", false), State::authenticated);
    EXPECT_EQ(whole("n,a=USER,", "", false), State::authenticated);
    EXPECT_EQ(first("n,a=other,n=user,r=abc"), State::failed);
    EXPECT_EQ(exchange->login(), "user");
    EXPECT_EQ(first("n,a=,n=user,r=abc"), State::malformed);
}

TEST_F(Scram, NamesMayHoldCommaAndEqualsSign) {
    EXPECT_EQ(first("n,,n=a=2Cb=3Dc,r=abc"), State::challenge);
    EXPECT_EQ(source.asked, "a,b=c");
    EXPECT_EQ(scram_login("n,,n=a=2Cb=3Dc,r=abc"), "a,b=c");
    EXPECT_EQ(scram_login("n,,n=a=2cb,r=abc"), "");
}

TEST_F(Scram, ExtensionsThatNeedNotBeKnownAreSigned) {
    EXPECT_EQ(first("n,,n=user,r=abc,x=1,Y=z"), State::challenge);
    EXPECT_EQ(whole("n,,", "", false, ",x=1"), State::authenticated);
    EXPECT_EQ(first("n,,m=must,n=user,r=abc"), State::malformed);
    EXPECT_EQ(whole("n,,", "", false, ",broken"), State::malformed);
}

TEST_F(Scram, RefusesMalformedFirstMessages) {
    for (const auto& bad :
         {""s, "n"s, "n,"s, "n,,"s, ",,n=user,r=a"s, "n,,n=,r=a"s, "n,,n=user"s, "n,,n=user,"s, "n,,n=user,r="s, "n,,r=a,n=user"s,
          "n,,n=user,r=a b"s, "n,,n=user,r=a\x7f"s, "n,,n=user,r=\xc3\xa4"s, "n,,n=us\0er,r=a"s, "n,,n=us\ner,r=a"s,
          "n,,n=u=,r=a"s, "n,,n=u=2,r=a"s, "n,,n=u=41,r=a"s, "n,,n=\xff,r=a"s, "n,b=x,n=user,r=a"s, "n,,n=user,r=a,"s,
          "n,,n=user,r=a,="s, "n,,n=user,r=a,x="s, "n,,n=user,r=a,x=\0"s, "n,,n=" + std::string(256, 'u') + ",r=a",
          "n,,n=user,r=" + std::string(513, 'r'), std::string(100000, ',')}) {
        const auto state = first(bad);
        EXPECT_TRUE(state == State::malformed || state == State::failed) << printable(bad, 40);
    }
    EXPECT_EQ(first("x,,n=user,r=a"), State::failed) << "no such flag";
}

TEST_F(Scram, RefusesMalformedFinalMessages) {
    const std::string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    for (const auto& bad : {""s, "c=biws"s, "c=biws,r=" + nonce, "c=biws,r=" + nonce + ",p=", "c=biws,r=" + nonce + ",p=AAAA",
                            "r=" + nonce + ",c=biws,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", client_final + "x",
                            client_final + ",x=1", "c=!,r=" + nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                            ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="s, std::string(100000, 'c')}) {
        begin();
        exchange->start(client_first);
        EXPECT_EQ(exchange->next(bad).state, State::malformed) << printable(bad, 60);
    }
}

} // namespace
} // namespace lazaret::auth
