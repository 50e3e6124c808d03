#include "submission/auth_dovecot.hpp"

#include "core/text.hpp"
#include "net/listener.hpp"
#include "net/test_support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace lazaret::submission {
namespace {

using namespace net::test;
using testing::ElementsAre;
using testing::IsEmpty;
using Reply = std::optional<auth::DovecotReply>;
using Kind = auth::DovecotReply::Kind;

/// Stands where Dovecot's auth-client socket would be. It greets, and then says only what the test says.
class FakeDovecot {
  public:
    FakeDovecot(Loop& loop, const std::filesystem::path& at) : loop_(loop), at_(at.string(), 0) {}
    ~FakeDovecot() {
        refuse();
        drop();
    }

    void listen() {
        net::asio::io_context* contexts[] = {&loop_.io};
        auto made = net::listen(at_, contexts);
        ASSERT_TRUE(made) << made.error().message;
        listener_ = std::move(made->front());
        listener_->start([this](net::Accepted connection) {
            ++connections;
            stream_ = std::make_shared<net::Stream>(std::move(connection), loop_.deadlines);
            loop_.spawn(serve(stream_));
        });
    }
    void refuse() {
        if (listener_) listener_->stop();
        listener_.reset();
    }
    void drop() {
        if (stream_) stream_->close();
    }
    void say(const std::string& text) { EXPECT_EQ(stream_->try_write(text).count, text.size()); }
    bool was_told(const std::string& line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }

    std::string greeting = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nMECH\tSCRAM-SHA-256\nSPID\t1\nDONE\n";
    bool reads = true;
    std::vector<std::string> lines;
    int connections = 0;

  private:
    net::task<> serve(std::shared_ptr<net::Stream> stream) {
        stream->try_write(greeting);
        std::string buffer;
        char octets[4096];
        for (;;) {
            while (!reads) co_await stream->pause(10ms);
            if (!stream->is_open()) co_return;
            const auto ready = co_await stream->wait_readable(60s);
            if (!ready.ok()) co_return;
            const auto read = stream->try_read(octets);
            if (read.state == net::Transfer::State::would_block) continue;
            if (!read.ok()) co_return;
            buffer.append(octets, read.count);
            for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
                lines.push_back(buffer.substr(0, end));
                buffer.erase(0, end + 1);
            }
        }
    }

    Loop& loop_;
    const Endpoint at_;
    std::unique_ptr<net::Listener> listener_;
    std::shared_ptr<net::Stream> stream_;
};

class DovecotLinkTest : public testing::Test {
  protected:
    void TearDown() override {
        link.stop();
        dovecot.reads = true;
        dovecot.refuse();
        dovecot.drop();
        loop.run_until([&] { return waiting == 0; });
        loop.io.restart();
        loop.io.poll();
    }
    void connect() {
        dovecot.listen();
        link.start();
        await_ready();
    }
    /// What it offers is known only then.
    void await_ready() {
        loop.run_until([&] { return *link.offered({"LOGIN", "SCRAM-SHA-256"}) == std::vector<std::string>{"LOGIN", "SCRAM-SHA-256"}; });
    }
    /// A login, whose answer will stand in `answers`.
    std::uint32_t begin(const std::string& response = "x") {
        const auto id = link.number();
        ask(id, auth::Dovecot::begin(id, "PLAIN", auth::DovecotClient(), response));
        return id;
    }
    void ask(std::uint32_t id, std::string line) {
        ++waiting;
        loop.spawn(wait(id, std::move(line)));
        loop.io.restart();
        loop.io.poll();
    }
    const Reply& answer(std::uint32_t id) {
        loop.run_until([&] { return answers.contains(id); });
        return answers[id];
    }
    void await_line(const std::string& line) {
        loop.run_until([&] { return dovecot.was_told(line); });
    }
    /// The link is as it was: a login by whoever comes next.
    void expect_service() {
        Reply reply;
        loop.run_until([&] {
            const auto id = begin();
            loop.run_until([&] { return answers.contains(id) || told_of(id); });
            if (answers.contains(id)) return false; // not yet connected again
            dovecot.say("OK\t" + std::to_string(id) + "\tuser=next\n");
            reply = answer(id);
            return true;
        });
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->user, "next");
    }
    bool told_of(std::uint32_t id) const {
        const auto prefix = "AUTH\t" + std::to_string(id) + "\t";
        return std::any_of(dovecot.lines.begin(), dovecot.lines.end(), [&](const auto& line) { return line.starts_with(prefix); });
    }

    Loop loop;
    TempDir folder;
    FakeDovecot dovecot{loop, folder / "auth-client"};
    DovecotLink link{loop.io, loop.deadlines, folder / "auth-client"};
    std::map<std::uint32_t, Reply> answers;
    int waiting = 0;

  private:
    net::task<> wait(std::uint32_t id, std::string line) {
        auto reply = co_await link.ask(id, std::move(line));
        answers[id] = std::move(reply);
        --waiting;
    }
};

TEST_F(DovecotLinkTest, AnswersGoToWhomTheyAreFor) {
    connect();
    const auto first = begin(), second = begin(), third = begin();
    loop.run_until([&] { return dovecot.lines.size() == 5; }); // VERSION, CPID, and these
    EXPECT_TRUE(told_of(first) && told_of(second) && told_of(third));
    dovecot.say("FAIL\t" + std::to_string(third) + "\tuser=carl\nOK\t" + std::to_string(first) + "\tuser=ann\n");
    ASSERT_TRUE(answer(third));
    EXPECT_EQ(answers[third]->kind, Kind::fail);
    ASSERT_TRUE(answer(first));
    EXPECT_EQ(answers[first]->kind, Kind::ok);
    EXPECT_EQ(answers[first]->user, "ann");
    EXPECT_FALSE(answers.contains(second));
    dovecot.say("FAIL\t" + std::to_string(second) + "\tuser=bob\ttemp\n");
    ASSERT_TRUE(answer(second));
    EXPECT_TRUE(answers[second]->temporary);
}

TEST_F(DovecotLinkTest, AnExchangeHasSeveralTurns) {
    connect();
    const auto id = begin();
    dovecot.say("CONT\t" + std::to_string(id) + "\tYWJj\n");
    ASSERT_TRUE(answer(id));
    EXPECT_EQ(answers[id]->kind, Kind::go_on);
    EXPECT_EQ(answers[id]->data, "YWJj");
    answers.clear();
    ask(id, auth::Dovecot::go_on(id, "def"));
    await_line("CONT\t" + std::to_string(id) + "\tZGVm");
    dovecot.say("OK\t" + std::to_string(id) + "\tuser=ann\n");
    ASSERT_TRUE(answer(id));
    EXPECT_EQ(answers[id]->kind, Kind::ok);
}

TEST_F(DovecotLinkTest, ACancelledLoginIsForgotten) {
    connect();
    const auto id = begin();
    dovecot.say("CONT\t" + std::to_string(id) + "\t\n");
    ASSERT_TRUE(answer(id));
    link.cancel(id);
    await_line("CANCEL\t" + std::to_string(id));
    const auto next = begin();
    dovecot.say("FAIL\t" + std::to_string(id) + "\nOK\t" + std::to_string(next) + "\tuser=next\n");
    ASSERT_TRUE(answer(next));
    EXPECT_EQ(answers[next]->user, "next");
    EXPECT_EQ(answers[id]->kind, Kind::go_on) << "what came too late is nobody's";
}

TEST_F(DovecotLinkTest, AnswersNobodyAskedForAreNobodys) {
    connect();
    dovecot.say("OK\t4000000000\tuser=stranger\nFAIL\t77\nNEWS\t1\n");
    expect_service();
    EXPECT_EQ(dovecot.connections, 1);
}

TEST_F(DovecotLinkTest, LoginsInProgressEndWithTheConnection) {
    connect();
    const auto first = begin(), second = begin();
    loop.run_until([&] { return told_of(second); });
    dovecot.drop();
    EXPECT_FALSE(answer(first));
    EXPECT_FALSE(answer(second));
    expect_service();
    EXPECT_EQ(dovecot.connections, 2);
}

TEST_F(DovecotLinkTest, AnAnswerThatIsNoneEndsTheConnection) {
    connect();
    const auto id = begin();
    dovecot.say("OK\tmany\n");
    EXPECT_FALSE(answer(id));
    expect_service();
    EXPECT_EQ(dovecot.connections, 2);
}

TEST_F(DovecotLinkTest, AnAnswerMayComeInPieces) {
    connect();
    const auto id = begin();
    dovecot.say("OK\t" + std::to_string(id));
    loop.run_until([&] { return told_of(id); });
    dovecot.say("\tuser=an");
    dovecot.say("n\n");
    ASSERT_TRUE(answer(id));
    EXPECT_EQ(answers[id]->user, "ann");
}

TEST_F(DovecotLinkTest, WithoutServerNobodyWaits) {
    link.start();
    EXPECT_FALSE(answer(begin()));
    dovecot.listen();
    await_ready();
    expect_service();
    dovecot.refuse();
    dovecot.drop();
    loop.run_until([&] { return !answer(begin()); });
    dovecot.listen();
    expect_service();
}

TEST_F(DovecotLinkTest, BeforeTheHandshakeIsCompleteNobodyIsAsked) {
    const auto whole = std::exchange(dovecot.greeting, "VERSION\t1\t2\nMECH\tPLAIN\n");
    dovecot.listen();
    link.start();
    loop.run_until([&] { return dovecot.lines.size() == 2; });
    EXPECT_FALSE(answer(begin()));
    EXPECT_EQ(dovecot.lines.size(), 2u);
    dovecot.say("MECH\tLOGIN\nMECH\tSCRAM-SHA-256\nDONE\n");
    await_ready();
    expect_service();
}

TEST_F(DovecotLinkTest, AnotherProtocolIsNotSpoken) {
    const auto right = std::exchange(dovecot.greeting, "VERSION\t2\t0\nMECH\tPLAIN\nDONE\n");
    dovecot.listen();
    link.start();
    loop.run_until([&] { return dovecot.connections == 2; });
    EXPECT_FALSE(answer(begin()));
    dovecot.greeting = right;
    await_ready();
    expect_service();
}

TEST_F(DovecotLinkTest, OffersWhatDovecotDoes) {
    EXPECT_THAT(*link.offered({"SCRAM-SHA-256", "LOGIN", "PLAIN"}), ElementsAre("LOGIN", "PLAIN")) << "before the first answer";
    dovecot.greeting = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tSCRAM-SHA-256\nMECH\tSCRAM-SHA-256-PLUS\nDONE\n";
    dovecot.listen();
    link.start();
    await_ready(); // LOGIN needs of Dovecot only PLAIN
    EXPECT_THAT(*link.offered({"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"}),
                ElementsAre("SCRAM-SHA-256", "PLAIN", "LOGIN"));
    EXPECT_EQ(link.offered({"PLAIN"}), link.offered({"PLAIN"})) << "made once";
    dovecot.greeting = "VERSION\t1\t2\nMECH\tCRAM-MD5\nDONE\n";
    dovecot.drop();
    EXPECT_THAT(*link.offered({"PLAIN", "CRAM-MD5"}), ElementsAre("PLAIN")) << "while it is away";
    loop.run_until([&] { return *link.offered({"PLAIN", "CRAM-MD5"}) == std::vector<std::string>{"CRAM-MD5"}; });
}

TEST_F(DovecotLinkTest, ABoundedNumberWaits) {
    connect();
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 1000; ++i) ids.push_back(begin());
    EXPECT_THAT(answers, IsEmpty());
    EXPECT_FALSE(answer(begin())) << "one too many";
    loop.run_until([&] { return told_of(ids.back()); });
    for (const auto id : ids) {
        if (id % 2) dovecot.say("OK\t" + std::to_string(id) + "\tuser=u" + std::to_string(id) + "\n");
        ASSERT_TRUE(id % 2 == 0 || answer(id)) << id;
    }
    EXPECT_EQ(waiting, 500);
    expect_service();
    dovecot.drop();
    loop.run_until([&] { return waiting == 0; });
}

TEST_F(DovecotLinkTest, ABoundedNumberOfOctetsWaits) {
    dovecot.reads = false;
    connect();
    const std::string response(12'000, 'x');
    constexpr int asked = 200; // 3 MB: more than is kept, with what the kernel keeps
    for (int i = 0; i < asked; ++i) begin(response);
    EXPECT_GT(answers.size(), 0u);
    EXPECT_GT(waiting, 60) << "a megabyte is kept";
    for (const auto& [id, reply] : answers) EXPECT_FALSE(reply);
    dovecot.drop();
    dovecot.reads = true;
    loop.run_until([&] { return waiting == 0; });
    expect_service();
}

TEST_F(DovecotLinkTest, WhatDoesNotFitAtOnceFollows) {
    dovecot.reads = false;
    connect();
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 60; ++i) ids.push_back(begin(std::string(12'000, 'x'))); // 960 KB
    EXPECT_THAT(answers, IsEmpty());
    dovecot.reads = true;
    for (const auto id : ids) {
        loop.run_until([&] { return told_of(id); });
        dovecot.say("OK\t" + std::to_string(id) + "\tuser=u" + std::to_string(id) + "\n");
        ASSERT_TRUE(answer(id));
    }
    EXPECT_EQ(dovecot.lines.size(), 62u);
    EXPECT_TRUE(std::all_of(dovecot.lines.begin() + 2, dovecot.lines.end(), [](const auto& line) { return line.size() > 16'000; }));
}

TEST_F(DovecotLinkTest, ItsEndIsTheEndOfAllLogins) {
    connect();
    const auto id = begin();
    link.stop();
    EXPECT_FALSE(answer(id));
    EXPECT_FALSE(answer(begin()));
}

} // namespace
} // namespace lazaret::submission
