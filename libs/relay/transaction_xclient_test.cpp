// XCLIENT LOGIN: each message has its own account, and no other.

#include "core/text.hpp"
#include "relay/transaction_fixture.hpp"

namespace lazaret::relay {
namespace {

using namespace test;

class XclientTest : public TransactionTest {
  protected:
    XclientTest() {
        settings.xclient_login = true;
        hop.keywords.push_back("XCLIENT NAME ADDR PROTO HELO LOGIN");
        make_hops();
    }
    Reply send_as(const std::string& login) {
        Outcome out;
        auto who = forward();
        who.login = login;
        loop.run([](HopGroup& group, smtp::Forward f, smtp::MailFrom m, std::string r, Outcome& into) -> net::task<> {
            Transaction transaction(group, std::move(f), std::move(m));
            std::vector<std::string> one(1, std::move(r));
            co_await ask(transaction, std::move(one), into.rcpts);
            into.data = into.rcpts.front();
            if (!into.data.positive()) co_return;
            Text content({"x\r\n"});
            into.data = co_await transaction.data(content);
        }(*hops, std::move(who), from("me@isp.example"), "a@b.example", out));
        return out.data;
    }
    std::ptrdiff_t told() const {
        return std::count_if(hop.commands.begin(), hop.commands.end(),
                             [](const auto& command) { return command.starts_with("XCLIENT"); });
    }
};

TEST_F(XclientTest, EachMessageHasItsOwnAccount) {
    settings.max_connections = 1;
    make_hops();
    for (const std::string login : {"one+1@isp.example", "one+1@isp.example", "", "", "two@isp.example"}) {
        EXPECT_EQ(send_as(login).code(), 250);
        EXPECT_EQ(hop.messages.back().login, xtext_encode(login)) << "as encoded on the wire";
    }
    EXPECT_EQ(told(), 3) << "not where it is known";
    EXPECT_EQ(hop.connections, 1);
    EXPECT_THAT(hop.commands, testing::Contains("XCLIENT LOGIN=one+2B1@isp.example"));
    EXPECT_THAT(hop.commands, testing::Contains("XCLIENT LOGIN=[UNAVAILABLE]"));
    const auto xclient = std::find(hop.commands.begin(), hop.commands.end(), "XCLIENT LOGIN=two@isp.example");
    EXPECT_EQ(*(xclient + 1), "EHLO lazaret.example");
}

TEST_F(XclientTest, AConnectionThatKnowsTheAccountComesFirst) {
    loop.run([](HopGroup& group, smtp::Forward f, smtp::MailFrom m, std::vector<std::string> r) -> net::task<> {
        std::vector<Reply> replies;
        auto g = f;
        f.login = "one";
        g.login = "two";
        Transaction first(group, std::move(f), m), second(group, std::move(g), m);
        auto copy = r;
        co_await ask(first, std::move(copy), replies);
        co_await ask(second, std::move(r), replies);
    }(*hops, forward(), from("me@isp.example"), {"a@b.example"}));
    loop.run_until([&] { return hops->idle() == 2; });
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send_as(i % 2 ? "one" : "two").code(), 250);
    EXPECT_EQ(told(), 2);
}

TEST_F(XclientTest, WhatIsRefusedDefersAndOnlyWhereAnAccountIsToBeTold) {
    hop.acts["xclient"] = Act("550 5.7.0 insufficient authorization\r\n");
    EXPECT_EQ(send_as("one").code(), 451);
    EXPECT_EQ(send_as("").code(), 250);
    EXPECT_EQ(hop.messages.size(), 1u);
    hop.acts.clear();
    EXPECT_EQ(send_as("one").code(), 250);
    hop.keywords = {"PIPELINING"};
    hop.drop_connections();
    EXPECT_EQ(send_as("one").code(), 451);
    EXPECT_EQ(send_as(std::string(300, 'x')).code(), 451);
}

TEST_F(XclientTest, EveryFaultIsA451) {
    settings.reply_timeout = 300ms;
    make_hops();
    for (const auto& act : {closes, stalls, Act("hello\r\n"), Act("421 4.3.2 down\r\n", Act::Then::close),
                            Act("220 ok\r\n220 twice\r\n"), Act("220 ok\r\n", Act::Then::close)}) {
        SCOPED_TRACE(act.text);
        hop.acts["xclient"] = act;
        EXPECT_EQ(send_as("one").code(), 451);
        EXPECT_TRUE(hop.messages.empty());
        hop.acts.clear();
        await_health();
    }
    EXPECT_EQ(send_as("one").code(), 250);
}

} // namespace
} // namespace lazaret::relay
