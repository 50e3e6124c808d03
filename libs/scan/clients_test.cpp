// The three clients against a daemon that does as told. Whatever it does, the answer comes within the deadline, and none
// of its faults is a verdict.

#include "scan/clamd_client.hpp"
#include "scan/fake_daemon.hpp"
#include "scan/rspamd_client.hpp"
#include "scan/spamd_client.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <unistd.h>

namespace lazaret::scan {
namespace {

using namespace test;
using State = Outcome::State;
using Daemon = Outcome::Daemon;
using Then = FakeDaemon::Then;
using testing::HasSubstr;

const std::string message = "Subject: hello\r\n\r\nHow are you?\r\n";
const std::string rspamd_json = R"({"action":"no action","score":0.5,"symbols":{"MIME_GOOD":{"score":-0.1}}})";

/// How one of them is spoken to: what ends its request, and what a daemon that is well says.
struct Dialect {
    const char* name;
    std::unique_ptr<Scanner> (*make)(Endpoint at, net::Deadlines& deadlines);
    std::string end, clean;
};

std::string http(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const Dialect dialects[] = {
    {"clamd", [](Endpoint at, net::Deadlines& d) -> std::unique_ptr<Scanner> { return std::make_unique<ClamdClient>(at, d); },
     std::string(4, '\0'), std::string("stream: OK\0", 11)},
    {"spamd", [](Endpoint at, net::Deadlines& d) -> std::unique_ptr<Scanner> { return std::make_unique<SpamdClient>(at, "out", d); },
     "you?\r\n", "SPAMD/1.1 0 EX_OK\r\nContent-length: 3\r\nSpam: False ; 0.5 / 5.0\r\n\r\nA\r\n"},
    {"rspamd", [](Endpoint at, net::Deadlines& d) -> std::unique_ptr<Scanner> { return std::make_unique<RspamdClient>(at, "outbound", d); },
     "you?\r\n", http(rspamd_json)},
};

class Clients : public ::testing::TestWithParam<Dialect> {
  protected:
    Loop loop;
    FakeDaemon daemon{loop};
    Envelope envelope;

    Clients() {
        daemon.until = GetParam().end;
        daemon.reply = GetParam().clean;
    }
    Outcome scan(const Octets& octets, Duration timeout = 20s) {
        const auto scanner = GetParam().make(daemon.address(), loop.deadlines);
        Outcome outcome;
        loop.run(ask(*scanner, octets, timeout, outcome));
        return outcome;
    }
    Outcome scan(Duration timeout = 20s) { return scan(MemoryOctets(message), timeout); }
    net::task<> ask(Scanner& scanner, const Octets& octets, Duration timeout, Outcome& outcome) {
        outcome = co_await scanner.scan(octets, envelope, timeout);
    }
    /// Failed because of the daemon, and saying so.
    static void expect_ailing(const Outcome& outcome, const std::string& why = "") {
        EXPECT_EQ(outcome.state, State::failed);
        EXPECT_EQ(outcome.daemon, Daemon::ailing);
        EXPECT_EQ(outcome.wish, Wish::none);
        EXPECT_THAT(outcome.failure, HasSubstr(why));
        EXPECT_THAT(outcome.failure, HasSubstr("amd: "));
    }
};

INSTANTIATE_TEST_SUITE_P(All, Clients, testing::ValuesIn(dialects), [](const auto& one) { return std::string(one.param.name); });

TEST_P(Clients, AVerdict) {
    const auto outcome = scan();
    EXPECT_EQ(outcome.state, State::clean) << outcome.failure;
    EXPECT_EQ(outcome.daemon, Daemon::answered);
    ASSERT_EQ(daemon.requests.size(), 1u);
    EXPECT_THAT(daemon.requests[0], HasSubstr(message));
}

TEST_P(Clients, AMessageOfManyPieces) {
    std::string large;
    for (int line = 0; large.size() < 1'000'000; ++line)
        large += "line " + std::to_string(line) + "\r\n";
    large += message;
    TempDir folder;
    const auto file = ::open(folder.write("message", "before" + large + "after").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    EXPECT_EQ(scan(FileOctets(file, 6, large.size())).state, State::clean);
    ::close(file);
    ASSERT_EQ(daemon.requests.size(), 1u);
    std::string seen = daemon.requests[0];
    if (GetParam().name == std::string("clamd")) { // take the pieces apart
        std::string pieces;
        for (std::size_t at = 10; at + 4 <= seen.size();) {
            const auto size = [&](int i) { return static_cast<std::size_t>(static_cast<unsigned char>(seen[at + static_cast<std::size_t>(i)])); };
            const auto length = size(0) << 24 | size(1) << 16 | size(2) << 8 | size(3);
            pieces += seen.substr(at + 4, length);
            at += 4 + length;
        }
        EXPECT_EQ(pieces, large);
    } else {
        EXPECT_TRUE(seen.ends_with("\r\n\r\n" + large));
    }
}

TEST_P(Clients, OverASocketInTheFileSystem) {
    TempDir folder;
    FakeDaemon local(loop, folder / "socket");
    local.until = GetParam().end;
    local.reply = GetParam().clean;
    const auto scanner = GetParam().make(local.address(), loop.deadlines);
    Outcome outcome;
    loop.run(ask(*scanner, MemoryOctets(message), 20s, outcome));
    EXPECT_EQ(outcome.state, State::clean) << outcome.failure;
}

TEST_P(Clients, Away) {
    daemon.refuse();
    expect_ailing(scan(), "refused");
}

TEST_P(Clients, SaysNothing) {
    daemon.reply.clear();
    daemon.then = Then::stall;
    expect_ailing(scan(300ms), "no answer in time");
}

TEST_P(Clients, SaysHalfAndHangs) {
    daemon.reply = daemon.reply.substr(0, 9);
    daemon.then = Then::stall;
    expect_ailing(scan(300ms), "no answer in time");
}

TEST_P(Clients, DripsForEver) {
    daemon.then = Then::drip;
    expect_ailing(scan(300ms));
}

TEST_P(Clients, ReadsNothing) {
    daemon.until = "never";
    daemon.after = 0;
    const std::string large(50'000'000, 'x');
    daemon.think = 60s;
    daemon.until.clear();
    expect_ailing(scan(MemoryOctets(large), 300ms), "no answer in time");
}

TEST_P(Clients, ClosesWithoutAWord) {
    daemon.reply.clear();
    expect_ailing(scan());
}

TEST_P(Clients, ClosesInTheMiddleOfItsReply) {
    const auto whole = daemon.reply;
    for (const std::size_t size : {1u, 9u, 10u}) {
        daemon.reply = whole.substr(0, size);
        expect_ailing(scan());
    }
}

TEST_P(Clients, ResetsInTheMiddleOfItsReply) {
    daemon.reply = daemon.reply.substr(0, 9);
    daemon.then = Then::reset;
    expect_ailing(scan());
}

TEST_P(Clients, ClosesInTheMiddleOfTheMessage) {
    daemon.until.clear();
    daemon.reply.clear();
    expect_ailing(scan(MemoryOctets(std::string(20'000'000, 'x'))));
}

TEST_P(Clients, AVerdictOnHalfAMessageIsNone) {
    daemon.until.clear();
    expect_ailing(scan(MemoryOctets(std::string(20'000'000, 'x'))));
}

TEST_P(Clients, Nonsense) {
    for (const std::string& nonsense : {std::string("220 mail.example ESMTP\r\n"), std::string(100'000, 'A'), std::string(5'000'000, '\n'),
                                        std::string("\0\0\0\0", 4)}) {
        daemon.reply = nonsense;
        expect_ailing(scan());
    }
}

TEST_P(Clients, AMessageThatCannotBeReadIsNotTheDaemonsFault) {
    TempDir folder;
    const auto file = ::open(folder.write("message", message).c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_GE(file, 0);
    const auto outcome = scan(FileOctets(file, 0, 10'000));
    ::close(file);
    EXPECT_EQ(outcome.state, State::failed);
    EXPECT_EQ(outcome.daemon, Daemon::not_asked);
    EXPECT_THAT(outcome.failure, HasSubstr("shorter"));
}

net::task<> scan_text(SpamdClient& client, std::string text, Outcome& outcome) {
    const MemoryOctets octets(text);
    const Envelope nobody;
    outcome = co_await client.scan(octets, nobody, 20s);
}

TEST(Spamd, GetsTheLastLineEndThatItWaitsFor) {
    Loop loop;
    FakeDaemon daemon(loop);
    daemon.until = "\r\n\r\nhello\r\n";
    daemon.reply = "SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.5 / 5.0\r\n\r\nA\r\n";
    SpamdClient client(daemon.address(), "", loop.deadlines);
    Outcome outcome;
    loop.run(scan_text(client, "hello", outcome));
    EXPECT_EQ(outcome.state, State::clean) << outcome.failure;
    EXPECT_THAT(daemon.requests.at(0), HasSubstr("Content-length: 7\r\n"));
    daemon.until = "\r\n\r\n\r\n";
    loop.run(scan_text(client, "", outcome));
    EXPECT_EQ(outcome.state, State::clean) << outcome.failure;
}

class Clamd : public ::testing::Test {
  protected:
    Loop loop;
    FakeDaemon daemon{loop};
    ClamdClient client{daemon.address(), loop.deadlines};
};

net::task<> scan_large(ClamdClient& client, Outcome& outcome) {
    const std::string large(20'000'000, 'x');
    const MemoryOctets octets(large);
    const Envelope nobody;
    outcome = co_await client.scan(octets, nobody, 20s);
}

TEST_F(Clamd, SaysThatItIsTooMuchBeforeAllIsWritten) {
    daemon.after = 100'000;
    daemon.reply = std::string("INSTREAM size limit exceeded. ERROR\0", 36);
    daemon.think = 50ms;
    Outcome outcome;
    loop.run(scan_large(client, outcome));
    EXPECT_EQ(outcome.state, State::skipped) << outcome.failure;
}

net::task<> ask_version(ClamdClient& client, Result<clamd::Version>& version) {
    version = co_await client.version(5s);
}

TEST_F(Clamd, Version) {
    daemon.until = std::string("zVERSION\0", 9);
    daemon.reply = std::string("ClamAV 1.4.6/27500/Mon Jan  5 10:42:07 2026\0", 44);
    Result<clamd::Version> version;
    loop.run(ask_version(client, version));
    ASSERT_TRUE(version) << version.error().message;
    EXPECT_EQ(version->database, 27500u);
    daemon.refuse();
    loop.run(ask_version(client, version));
    ASSERT_FALSE(version);
    EXPECT_TRUE(version.error().transient);
}

} // namespace
} // namespace lazaret::scan
