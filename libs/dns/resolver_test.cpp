#include "dns/resolver.hpp"

#include "dns/cache.hpp"
#include "dns/fake_server.hpp"
#include "net/test_support.hpp"

#include <gtest/gtest.h>

namespace lazaret::dns {
namespace {

using namespace net::test;
using State = Answer::State;
using test::FakeServer;

net::task<> ask(Resolver& resolver, std::vector<Question> questions, Duration limit, std::vector<Answer>& out) {
    out = co_await resolver.ask(std::move(questions), limit);
}

class ResolverTest : public ::testing::Test {
  protected:
    Loop loop;
    FakeServer server{loop.io};
    ResolverSettings settings;
    std::unique_ptr<Resolver> resolver;

    void SetUp() override {
        settings.servers = {server.address()};
        settings.timeout = 300ms;
        settings.tries = 1;
    }

    std::vector<Answer> ask(std::vector<Question> questions, Duration limit = 30s) {
        if (!resolver) resolver = std::make_unique<Resolver>(loop.io.get_executor(), settings);
        std::vector<Answer> out;
        loop.run(dns::ask(*resolver, std::move(questions), limit, out));
        return out;
    }
    static std::string text(const std::vector<Answer>& answers) {
        std::string out;
        for (const auto& each : answers) {
            out += each.state == State::found ? "found" : each.state == State::none ? "none" : "failed";
            for (const auto& address : each.addresses)
                out += " " + address.to_string();
            for (const auto& each_text : each.texts)
                out += " " + each_text;
            out += ";";
        }
        return out;
    }
};

TEST_F(ResolverTest, AnswersComeInTheOrderOfTheNames) {
    server.records["a.example"] = {{"127.0.0.2"}, 60};
    server.records["b.example"] = {{"192.0.2.1", "192.0.2.2"}, 60};
    server.records["empty.example"] = {{}, 60};
    EXPECT_EQ(text(ask({"b.example", "nowhere.example", "A.Example.", "empty.example"})),
              "found 192.0.2.1 192.0.2.2;none;found 127.0.0.2;none;");
    EXPECT_EQ(text(ask({})), "");
}

TEST_F(ResolverTest, EachTypeIsAskedByItself) {
    auto& record = server.records["a.example"];
    record.addresses = {"192.0.2.1", "2001:db8::1", "192.0.2.2"};
    record.txt = {"v=spf1 -all", std::string(300, 'x'), ""};
    record.mx = {"mx1.example", "mx2.example"};
    record.ptr = {"host.example"};
    EXPECT_EQ(text(ask({{"a.example", Type::a}, {"a.example", Type::aaaa}, {"A.example.", Type::mx}, {"a.example", Type::ptr}})),
              "found 192.0.2.1 192.0.2.2;found 2001:db8::1;found mx1.example mx2.example;found host.example;");
    EXPECT_EQ(text(ask({{"a.example", Type::txt}})), "found v=spf1 -all " + std::string(300, 'x') + " ;") << "of one record the strings are joined";
    server.records["b.example"] = {{"192.0.2.1"}, 60};
    EXPECT_EQ(text(ask({{"b.example", Type::aaaa}, {"b.example", Type::mx}, {"b.example", Type::ptr}, {"b.example", Type::txt}})), "none;none;none;none;");
    const auto asked = server.asked.size();
    ask({{"a.example", Type::mx}, {"a.example", Type::txt}, {"b.example", Type::txt}});
    EXPECT_EQ(server.asked.size(), asked) << "they are remembered, too";
}

TEST_F(ResolverTest, AnAnswerIsRememberedForItsTime) {
    server.records["a.example"] = {{"127.0.0.2"}, 3600};
    ask({"a.example", "none.example"});
    EXPECT_EQ(text(ask({"a.example", "A.EXAMPLE", "none.example"})), "found 127.0.0.2;found 127.0.0.2;none;");
    EXPECT_EQ(server.asked.size(), 2u);
}

TEST_F(ResolverTest, EqualQuestionsGoOutOnce) {
    server.records["a.example"] = {{"127.0.0.2"}, 60};
    EXPECT_EQ(text(ask({"a.example", "a.example", "a.example"})), "found 127.0.0.2;found 127.0.0.2;found 127.0.0.2;");
    EXPECT_EQ(server.asked.size(), 1u);
}

TEST_F(ResolverTest, WhatIsNoAnswerHasFailed) {
    for (const auto say : {FakeServer::Say::server_failure, FakeServer::Say::refused, FakeServer::Say::nothing, FakeServer::Say::nonsense}) {
        resolver.reset();
        server.say = say;
        EXPECT_EQ(text(ask({"a.example"})), "failed;");
    }
    server.say = FakeServer::Say::answer;
    settings.servers = {Endpoint("127.0.0.1", 1)}; // nobody is there
    resolver.reset();
    EXPECT_EQ(text(ask({"a.example"})), "failed;");
}

TEST_F(ResolverTest, AFailureIsAskedAgainSoon) {
    server.say = FakeServer::Say::server_failure;
    settings.failed_ttl = Duration::zero();
    ask({"a.example"});
    server.say = FakeServer::Say::answer;
    server.records["a.example"] = {{"127.0.0.2"}, 60};
    EXPECT_EQ(text(ask({"a.example"})), "found 127.0.0.2;");
}

TEST_F(ResolverTest, NobodyWaitsBeyondTheLimit) {
    server.say = FakeServer::Say::nothing;
    settings.timeout = 20s;
    settings.failed_ttl = Duration::zero();
    EXPECT_EQ(text(ask({"a.example", "b.example"}, 50ms)), "failed;failed;");
    EXPECT_EQ(text(ask({"a.example"}, 50ms)), "failed;");
    EXPECT_EQ(server.asked.size(), 2u) << "the first question is still under way";
    server.say = FakeServer::Say::answer;
    EXPECT_EQ(text(ask({"c.example"})), "none;") << "and it goes on";
}

TEST_F(ResolverTest, QuestionsUnderWayAreBounded) {
    settings.max_in_flight = 2;
    EXPECT_EQ(text(ask({"a.example", "b.example", "c.example", "a.example"})), "none;none;failed;none;");
    EXPECT_EQ(text(ask({"c.example"})), "none;");
}

TEST_F(ResolverTest, NamesThatAreNoneFail) {
    EXPECT_EQ(text(ask({"", std::string(300, 'a'), "a..b", std::string(70, 'a') + ".example"})), "failed;failed;failed;failed;");
}

TEST_F(ResolverTest, WhoWaitsWhenItEndsGetsFailed) {
    server.say = FakeServer::Say::nothing;
    settings.timeout = 20s;
    resolver = std::make_unique<Resolver>(loop.io.get_executor(), settings);
    std::vector<Answer> out;
    loop.spawn(dns::ask(*resolver, {"a.example"}, 40s, out));
    loop.run_until([&] { return !server.asked.empty(); });
    resolver.reset();
    loop.run_until([&] { return !out.empty(); });
    EXPECT_EQ(text(out), "failed;");
}

TEST_F(ResolverTest, WhenItIsStoppedNothingIsLeftToWaitFor) {
    server.say = FakeServer::Say::nothing;
    settings.timeout = 20s;
    resolver = std::make_unique<Resolver>(loop.io.get_executor(), settings);
    std::vector<Answer> out;
    loop.spawn(dns::ask(*resolver, {"a.example"}, 40s, out));
    loop.run_until([&] { return !server.asked.empty(); });
    resolver->stop();
    loop.run_until([&] { return !out.empty(); });
    EXPECT_EQ(text(out), "failed;");
    EXPECT_EQ(text(ask({"b.example"})), "failed;");
    EXPECT_EQ(server.asked.size(), 1u);
    server.close();
    loop.deadlines.stop();
    loop.io.restart();
    loop.io.run(); // returns
}

TEST_F(ResolverTest, ServersMustBeAddresses) {
    settings.servers = {Endpoint("not an address", 53)};
    EXPECT_THROW(Resolver(loop.io.get_executor(), settings), std::runtime_error);
}

TEST(DnsCache, KeepsTheMostRecentlyUsed) {
    const auto now = std::chrono::steady_clock::now();
    Cache<Answer> cache(2);
    Answer answer;
    answer.state = State::none;
    cache.put("a", answer, now + 10s);
    cache.put("b", answer, now + 10s);
    EXPECT_NE(cache.find("a", now), nullptr);
    cache.put("c", answer, now + 10s);
    EXPECT_EQ(cache.size(), 2u);
    EXPECT_EQ(cache.find("b", now), nullptr);
    EXPECT_NE(cache.find("a", now), nullptr);
    EXPECT_EQ(cache.find("a", now + 10s), nullptr) << "over";
    EXPECT_EQ(cache.size(), 1u);
    answer.state = State::found;
    cache.put("c", answer, now + 20s);
    EXPECT_EQ(cache.size(), 1u);
    EXPECT_EQ(cache.find("c", now + 15s)->state, State::found);
}

} // namespace
} // namespace lazaret::dns
