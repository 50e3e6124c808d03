#include "net/init.hpp"
#include "net/stream.hpp"
#include "net/test_support.hpp"

#include <openssl/ssl.h>

#include <sys/socket.h>

namespace lazaret::net {
namespace {

using namespace test;
using State = Transfer::State;

class StreamTest : public ::testing::Test {
  protected:
    StreamTest() {
        init();
        std::tie(server, client) = loop.make_pair();
    }
    /// Both ends shake hands.
    void start_tls(TlsContext::Verify verify, const std::string& name, Transfer& server_side,
                   Transfer& client_side) {
        Certificate made;
        const auto cert = dir.write("cert.pem", made.certificate);
        server_context = *TlsContext::server({cert}, {dir.write("key.pem", made.key)});
        client_context = *TlsContext::client(verify, verify == TlsContext::Verify::yes ? cert : "");
        bool accepted = false;
        loop.spawn(accept_tls(server_side, accepted));
        loop.run(connect_tls(name, client_side));
        loop.run_until([&] { return accepted; });
    }
    task<> accept_tls(Transfer& result, bool& done) {
        result = co_await server->accept_tls(server_context->get(), 5s);
        if (!result.ok()) server->close();
        done = true;
    }
    task<> connect_tls(std::string name, Transfer& result) {
        result = co_await client->connect_tls(client_context->get(), name, 5s);
        if (!result.ok()) client->close();
    }
    task<> write(Stream& to, std::string data, Transfer& result) { result = co_await to.write(data, 5s); }
    task<> read(Stream& from, std::size_t size, std::string& got) {
        char buffer[10000];
        while (got.size() < size) {
            const auto some = from.try_read(buffer);
            if (some.ok()) {
                got.append(buffer, some.count);
                continue;
            }
            if (some.state != State::would_block) break;
            const auto ready = co_await from.wait_readable(5s);
            if (!ready.ok()) break;
        }
    }
    void exchange_large() {
        std::string sent;
        for (int i = 0; sent.size() < 8 << 20; ++i)
            sent += std::to_string(i);
        Transfer written;
        std::string got;
        loop.spawn(write(*server, sent, written));
        loop.run(read(*client, sent.size(), got));
        loop.run_until([&] { return written.count > 0; });
        EXPECT_TRUE(written.ok());
        EXPECT_EQ(written.count, sent.size());
        EXPECT_TRUE(got == sent);
    }

    Loop loop;
    TempDir dir;
    std::shared_ptr<const TlsContext> server_context, client_context;
    std::unique_ptr<Stream> server, client;
};

TEST_F(StreamTest, CarriesOctetsBothWays) {
    char buffer[16];
    EXPECT_EQ(server->try_read(buffer).state, State::would_block);
    EXPECT_EQ(client->try_write("hello").count, 5u);
    std::string got;
    loop.run(read(*server, 5, got));
    EXPECT_EQ(got, "hello");
    EXPECT_EQ(server->peer_address().to_string(), "127.0.0.1");
    EXPECT_NE(server->peer_port(), 0);
}

TEST_F(StreamTest, WritesMoreThanTheSocketTakes) {
    exchange_large();
}

TEST_F(StreamTest, WaitEndsAtItsDeadline) {
    Transfer result;
    loop.run([](Stream& stream, Transfer& out) -> task<> {
        out = co_await stream.wait_readable(50ms);
    }(*server, result));
    EXPECT_EQ(result.state, State::timeout);
    EXPECT_TRUE(server->is_open());
}

TEST_F(StreamTest, StalledPeerEndsAWrite) {
    Transfer result;
    loop.run([](Stream& stream, Transfer& out) -> task<> {
        const std::string much(32 << 20, 'x');
        out = co_await stream.write(much, 100ms);
    }(*server, result));
    EXPECT_EQ(result.state, State::timeout);
}

TEST_F(StreamTest, SeesThePeerClose) {
    client->close();
    Transfer waited;
    loop.run([](Stream& stream, Transfer& out) -> task<> {
        out = co_await stream.wait_readable(5s);
    }(*server, waited));
    EXPECT_TRUE(waited.ok());
    char buffer[16];
    EXPECT_EQ(server->try_read(buffer).state, State::closed);
}

TEST_F(StreamTest, WritingToAGonePeerIsAValue) {
    client->close();
    std::string much(1 << 20, 'x');
    Transfer result;
    loop.run(write(*server, much, result)); // the first one provokes the reset
    loop.run(write(*server, much, result));
    EXPECT_EQ(result.state, State::error);
    EXPECT_FALSE(server->last_error().empty());
}

TEST_F(StreamTest, CloseAndInterruptWakeAWait) {
    Transfer first, second;
    bool first_done = false, second_done = false;
    auto wait = [](Stream& stream, Transfer& out, bool& done) -> task<> {
        out = co_await stream.wait_readable(60s);
        done = true;
    };
    server->interrupt(); // nobody waits: nothing happens
    loop.spawn(wait(*server, first, first_done));
    loop.spawn(wait(*client, second, second_done));
    asio::post(loop.io, [&] {
        server->interrupt();
        client->close();
    });
    loop.run_until([&] { return first_done && second_done; });
    EXPECT_EQ(first.state, State::error);
    EXPECT_TRUE(server->is_open());
    EXPECT_EQ(second.state, State::closed);
}

TEST_F(StreamTest, UpgradesToTlsAfterPlainWords) {
    Transfer result;
    loop.run(write(*client, "STARTTLS\r\n", result));
    std::string got;
    loop.run(read(*server, 10, got));
    EXPECT_EQ(got, "STARTTLS\r\n");
    Transfer server_side, client_side;
    start_tls(TlsContext::Verify::yes, "localhost", server_side, client_side);
    ASSERT_TRUE(server_side.ok()) << server->last_error();
    ASSERT_TRUE(client_side.ok()) << client->last_error();
    EXPECT_EQ(server->tls_info().version, "TLSv1.3");
    EXPECT_FALSE(client->tls_info().cipher.empty());

    loop.run(write(*client, "EHLO me\r\n", result));
    got.clear();
    loop.run(read(*server, 9, got));
    EXPECT_EQ(got, "EHLO me\r\n");
    exchange_large();

    client->close();
    got.clear();
    loop.run(read(*server, 1, got));
    char buffer[16];
    EXPECT_EQ(server->try_read(buffer).state, State::closed);
}

// What a session does: it asks again only for what may have come.
task<> read_frugally(Stream& stream, std::size_t wanted, std::string& out) {
    char buffer[64 * 1024];
    while (out.size() < wanted) {
        Transfer got(State::would_block, 0);
        if (!stream.drained()) got = stream.try_read(buffer);
        if (got.ok()) out.append(buffer, got.count);
        if (got.ok()) continue;
        if (got.state != State::would_block) co_return;
        const auto ready = co_await stream.wait_readable(5s);
        if (!ready.ok()) co_return;
    }
}

TEST_F(StreamTest, DrainedMeansThatNothingIsLeft) {
    for (const std::size_t size : {1, 511, 512, 513, 5000, 200000}) {
        Transfer sent;
        std::string got;
        loop.spawn(write(*client, std::string(size, 'x'), sent));
        loop.run(read_frugally(*server, size, got));
        loop.run_until([&] { return sent.count > 0; });
        EXPECT_EQ(got.size(), size);
    }
}

TEST_F(StreamTest, FirstWordsMayComeWithTheHandshakesLast) {
    const Certificate made;
    server_context = *TlsContext::server({dir.write("cert.pem", made.certificate)}, {dir.write("key.pem", made.key)});
    client_context = *TlsContext::client(TlsContext::Verify::no);
    for (const std::size_t size : {7, 600, 40000}) {
        std::tie(server, client) = loop.make_pair();
        Transfer accepted, connected, sent;
        std::string got;
        loop.spawn([](Stream& stream, SSL_CTX* context, std::size_t octets, Transfer& up, Transfer& out) -> task<> {
            up = co_await stream.connect_tls(context, "localhost", 5s);
            const std::string words(octets, 'w');
            out = co_await stream.write(words, 5s);
        }(*client, client_context->get(), size, connected, sent));
        loop.run([](Stream& stream, SSL_CTX* context, std::size_t octets, Transfer& up, std::string& out) -> task<> {
            up = co_await stream.accept_tls(context, 5s);
            co_await read_frugally(stream, octets, out);
        }(*server, server_context->get(), size, accepted, got));
        loop.run_until([&] { return sent.count > 0; });
        ASSERT_TRUE(accepted.ok()) << server->last_error();
        EXPECT_EQ(got.size(), size);
    }
}

TEST_F(StreamTest, ReadsTheRestOfARecordWithoutNewOctets) {
    Transfer server_side, client_side, written;
    start_tls(TlsContext::Verify::no, "localhost", server_side, client_side);
    ASSERT_TRUE(server_side.ok() && client_side.ok());
    loop.run(write(*client, "0123456789", written));
    bool done = false;
    std::string got;
    loop.spawn([](Stream& stream, std::string& out, bool& finished) -> task<> {
        char one[1];
        while (out.size() < 10) {
            const auto ready = co_await stream.wait_readable(5s);
            if (!ready.ok()) break;
            const auto read = stream.try_read(one);
            if (read.ok()) out += one[0];
        }
        finished = true;
    }(*server, got, done));
    loop.run_until([&] { return done; });
    EXPECT_EQ(got, "0123456789");
}

TEST_F(StreamTest, ClientRefusesACertificateForAnotherName) {
    Transfer server_side, client_side;
    start_tls(TlsContext::Verify::yes, "mail.example.org", server_side, client_side);
    EXPECT_EQ(client_side.state, State::error);
}

TEST_F(StreamTest, ClientChecksLiteralAddresses) {
    Transfer server_side, client_side;
    start_tls(TlsContext::Verify::yes, "127.0.0.1", server_side, client_side);
    EXPECT_TRUE(client_side.ok()) << client->last_error();
}

TEST_F(StreamTest, GarbageInsteadOfAHandshakeIsAnError) {
    Certificate made;
    server_context =
        *TlsContext::server({dir.write("cert.pem", made.certificate)}, {dir.write("key.pem", made.key)});
    Transfer written, result;
    loop.run(write(*client, "EHLO plain.example\r\n", written));
    bool done = false;
    loop.spawn(accept_tls(result, done));
    loop.run_until([&] { return done; });
    EXPECT_EQ(result.state, State::error);
    EXPECT_FALSE(server->is_open());
}

TEST_F(StreamTest, HandshakeHasOneDeadlineForAllOfIt) {
    Certificate made;
    server_context =
        *TlsContext::server({dir.write("cert.pem", made.certificate)}, {dir.write("key.pem", made.key)});
    Transfer result;
    loop.run([](Stream& stream, SSL_CTX* context, Transfer& out) -> task<> {
        out = co_await stream.accept_tls(context, 100ms);
    }(*server, server_context->get(), result));
    EXPECT_EQ(result.state, State::timeout);
}

TEST_F(StreamTest, NoAnonymousOrOldTls) {
    Certificate made;
    server_context =
        *TlsContext::server({dir.write("cert.pem", made.certificate)}, {dir.write("key.pem", made.key)});
    client_context = *TlsContext::client(TlsContext::Verify::no);
    SSL_CTX_set_max_proto_version(client_context->get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(client_context->get(), "aNULL:kRSA:@SECLEVEL=0");
    Transfer server_side, client_side;
    bool done = false;
    loop.spawn(accept_tls(server_side, done));
    loop.run(connect_tls("localhost", client_side));
    loop.run_until([&] { return done; });
    EXPECT_EQ(server_side.state, State::error);
    EXPECT_EQ(client_side.state, State::error);
}

TEST(Connect, ReachesLiteralAndName) {
    Loop loop;
    asio::ip::tcp::acceptor acceptor(loop.io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto port = acceptor.local_endpoint().port();
    for (const char* host : {"127.0.0.1", "localhost"}) {
        std::unique_ptr<Stream> stream;
        std::string error;
        loop.run([](Endpoint to, Loop& l, std::unique_ptr<Stream>& out, std::string& why) -> task<> {
            out = co_await connect(to, 5s, l.deadlines, why);
        }(Endpoint(host, port), loop, stream, error));
        ASSERT_NE(stream, nullptr) << host << ": " << error;
        EXPECT_EQ(stream->peer_port(), port);
    }
}

TEST(Connect, SaysWhyNot) {
    Loop loop;
    std::uint16_t port = 0;
    {
        asio::ip::tcp::acceptor acceptor(loop.io,
                                         asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        port = acceptor.local_endpoint().port();
    }
    std::unique_ptr<Stream> stream;
    std::string error;
    loop.run([](Endpoint to, Loop& l, std::unique_ptr<Stream>& out, std::string& why) -> task<> {
        out = co_await connect(to, 5s, l.deadlines, why);
    }(Endpoint("127.0.0.1", port), loop, stream, error));
    EXPECT_EQ(stream, nullptr);
    EXPECT_EQ(error, "Connection refused");
}

TEST(Connect, EndsAtItsDeadlineWhenTheBacklogIsFull) {
    Loop loop;
    asio::ip::tcp::acceptor acceptor(loop.io, asio::ip::tcp::v4());
    acceptor.bind(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor.listen(0);
    const auto port = acceptor.local_endpoint().port();
    std::vector<std::unique_ptr<Stream>> open;
    std::string error;
    for (int i = 0; i < 8 && error.empty(); ++i) {
        std::unique_ptr<Stream> stream;
        loop.run([](Endpoint to, Loop& l, std::unique_ptr<Stream>& out, std::string& why) -> task<> {
            out = co_await connect(to, 200ms, l.deadlines, why);
        }(Endpoint("127.0.0.1", port), loop, stream, error));
        open.push_back(std::move(stream));
    }
    EXPECT_EQ(error, "connection timed out");
}

TEST(Deadlines, ExpireMayDestroyOthers) {
    struct Late final : Deadline {
        std::unique_ptr<Late>* other = nullptr;
        int* count = nullptr;
        void expire() override {
            ++*count;
            if (other) other->reset();
        }
    };
    Loop loop;
    int count = 0;
    auto first = std::make_unique<Late>(), second = std::make_unique<Late>();
    first->count = second->count = &count;
    first->other = &second;
    second->other = &first;
    loop.deadlines.add(*first);
    loop.deadlines.add(*second);
    first->arm(Deadline::clock::now());
    second->arm(Deadline::clock::now());
    loop.run_until([&] { return count > 0; });
    EXPECT_EQ(count, 1);
    EXPECT_EQ(second, nullptr);
    EXPECT_NE(first, nullptr);
}

TEST(Deadlines, EachArmCountsHoweverLateItWasMade) {
    struct Late final : Deadline {
        int count = 0;
        void expire() override { ++count; }
    };
    Loop loop;
    Late far, near, never;
    for (auto* each : {&far, &near, &never})
        loop.deadlines.add(*each);
    far.arm(Deadline::clock::now() + 24h);
    never.arm(Deadline::clock::now());
    never.disarm();
    near.arm(Deadline::clock::now() + 150ms);
    loop.run_until([&] { return near.count == 1; });
    near.arm(Deadline::clock::now() + 150ms); // nearer than what the last look saw
    loop.run_until([&] { return near.count == 2; });
    EXPECT_EQ(far.count, 0);
    loop.deadlines.stop();
    EXPECT_EQ(far.count, 1) << "stop ends every wait";
    EXPECT_EQ(near.count, 2);
    EXPECT_EQ(never.count, 0);
}

} // namespace
} // namespace lazaret::net
