#include "net/listener.hpp"

#include "log/log.hpp"
#include "net/test_support.hpp"

#include <sys/resource.h>

#include <fcntl.h>
#include <unistd.h>

namespace lazaret::net {
namespace {

using namespace test;

std::unique_ptr<Stream> connect_to(Loop& loop, const Endpoint& to) {
    std::unique_ptr<Stream> stream;
    std::string error;
    loop.run([](Endpoint there, Loop& l, std::unique_ptr<Stream>& out, std::string& why) -> task<> {
        out = co_await connect(there, 5s, l.deadlines, why);
    }(to, loop, stream, error));
    EXPECT_NE(stream, nullptr) << error;
    return stream;
}

TEST(Listener, TakesConnectionsAndKnowsTheirPeers) {
    for (const char* host : {"127.0.0.1", "::1"}) {
        Loop loop;
        asio::io_context* contexts[] = {&loop.io};
        auto listeners = listen(Endpoint(host, 0), contexts);
        if (!listeners && std::string(host) == "::1") GTEST_SKIP() << listeners.error().message;
        ASSERT_TRUE(listeners) << listeners.error().message;
        auto& listener = *listeners->front();
        EXPECT_NE(listener.local().port, 0);
        std::unique_ptr<Stream> server;
        IpAddress peer;
        listener.start([&](Accepted connection) {
            peer = connection.peer;
            server = std::make_unique<Stream>(std::move(connection), loop.deadlines);
        });
        auto client = connect_to(loop, listener.local());
        loop.run_until([&] { return server != nullptr; });
        EXPECT_EQ(peer.to_string(), host);
        EXPECT_EQ(server->peer_address(), peer);
        EXPECT_EQ(server->peer_port(), client->local().second);
        EXPECT_TRUE(server->try_write("hi").ok());
        std::string got;
        loop.run([](Stream& from, std::string& out) -> task<> {
            out = co_await read_until(from, "hi");
        }(*client, got));
        EXPECT_EQ(got, "hi");
    }
}

TEST(Listener, WithoutMemoryForAConnectionTheNextIsStillTaken) {
    Loop loop;
    asio::io_context* contexts[] = {&loop.io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners) << listeners.error().message;
    auto& listener = *listeners->front();
    int offered = 0, taken = 0;
    listener.start([&](Accepted) {
        if (++offered == 1) throw std::bad_alloc();
        ++taken;
    });
    auto first = connect_to(loop, listener.local());
    auto second = connect_to(loop, listener.local());
    loop.run_until([&] { return taken == 1; });
    EXPECT_EQ(offered, 2);
}

TEST(Listener, PortTakenIsAnErrorThatNamesIt) {
    Loop loop;
    asio::io_context* contexts[] = {&loop.io};
    auto first = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(first);
    const auto taken = first->front()->local();
    const auto second = listen(taken, contexts); // although the first has SO_REUSEPORT
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, taken.to_string() + ": Address already in use");
    first->front()->stop();
    EXPECT_TRUE(listen(taken, contexts)) << "free again after stop";
}

TEST(Listener, RefusesNames) {
    Loop loop;
    asio::io_context* contexts[] = {&loop.io};
    const auto made = listen(Endpoint("localhost", 0), contexts);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "\"localhost\" is not an IPv4 or IPv6 address");
}

TEST(Listener, SeveralContextsShareAPort) {
    Loop one, two;
    asio::io_context* contexts[] = {&one.io, &two.io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners);
    ASSERT_EQ(listeners->size(), 2u);
    EXPECT_EQ((*listeners)[0]->local(), (*listeners)[1]->local());
    int taken[2] = {0, 0};
    for (int i = 0; i < 2; ++i)
        (*listeners)[i]->start([&count = taken[i]](Accepted) { ++count; });
    Loop clients;
    std::vector<std::unique_ptr<Stream>> open;
    for (int i = 0; i < 200; ++i)
        open.push_back(connect_to(clients, (*listeners)[0]->local()));
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (taken[0] + taken[1] < 200 && std::chrono::steady_clock::now() < end) {
        one.io.poll();
        two.io.poll();
    }
    EXPECT_EQ(taken[0] + taken[1], 200);
    EXPECT_GT(taken[0], 0);
    EXPECT_GT(taken[1], 0);
}

TEST(Listener, AConnectionMayBeServedByAnotherContext) {
    Loop loop, other;
    asio::io_context* contexts[] = {&loop.io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners);
    std::unique_ptr<Stream> server;
    std::optional<Arrival> dropped;
    int arrivals = 0;
    listeners->front()->start_placing([&](Arrival arrival) -> Result<void> {
        if (++arrivals == 1) {
            dropped.emplace(std::move(arrival));
            return {};
        }
        asio::post(other.io, [&, arrival = std::move(arrival)]() mutable {
            auto opened = arrival.open(other.io);
            ASSERT_TRUE(opened);
            server = std::make_unique<Stream>(*std::move(opened), other.deadlines);
        });
        return {};
    });
    auto closed = connect_to(loop, listeners->front()->local());
    auto served = connect_to(loop, listeners->front()->local());
    loop.run_until([&] { return arrivals == 2; });
    other.run_until([&] { return server != nullptr; });
    EXPECT_TRUE(server->try_write("hi").ok());
    std::string got;
    loop.run([](Stream& from, std::string& out) -> task<> {
        out = co_await read_until(from, "hi");
    }(*served, got));
    EXPECT_EQ(got, "hi");
    dropped.reset();
    Transfer ended;
    loop.run([](Stream& from, Transfer& out) -> task<> {
        out = co_await from.wait_readable(5s);
        char octet[1];
        if (out.ok()) out = from.try_read(octet);
    }(*closed, ended));
    EXPECT_EQ(ended.state, Transfer::State::closed) << "who is not opened is closed";
}

TEST(Listener, ASystemdSocketsConnectionsHaveNoDelayEither) {
    Loop loop;
    const int held = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(held, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(held, 10), 0);
    asio::io_context* contexts[] = {&loop.io};
    auto listeners = listen_on(held, contexts);
    ASSERT_TRUE(listeners);
    int no_delay = 0, flags = 0;
    listeners->front()->start([&](Accepted connection) {
        socklen_t size = sizeof no_delay;
        ::getsockopt(connection.socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
        flags = ::fcntl(connection.socket.native_handle(), F_GETFL);
    });
    auto client = connect_to(loop, listeners->front()->local());
    loop.run_until([&] { return flags != 0; });
    EXPECT_NE(no_delay, 0);
    EXPECT_NE(flags & O_NONBLOCK, 0);
}

TEST(Listener, GoesOnAfterRunningOutOfDescriptors) {
    Loop loop;
    asio::io_context* contexts[] = {&loop.io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners);
    int taken = 0;
    listeners->front()->start([&](Accepted) { ++taken; });
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listeners->front()->local().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{static_cast<rlim_t>(client) + 1,
                      before.rlim_max}; // every lower number is taken or gets taken now
    std::vector<int> fillers;
    testing::internal::CaptureStderr();
    // UBSan's vptr check makes a pipe for each type that it sees first: it must have seen the logger's.
    log::error("before", "Written while there are descriptors");
    ::setrlimit(RLIMIT_NOFILE, &none);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
        fillers.push_back(fd);
    ASSERT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    loop.io.restart();
    loop.io.run_for(300ms); // three attempts that must fail: the pause is part of the behaviour under test
    ::setrlimit(RLIMIT_NOFILE, &before);
    for (const int fd : fillers)
        ::close(fd);
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(taken, 0);
    EXPECT_NE(said.find("event=accept_paused"), std::string::npos) << said;
    EXPECT_EQ(said.find("event=accept_paused"), said.rfind("event=accept_paused")) << "said once";
    loop.run_until([&] { return taken == 1; });
    ::close(client);
}

TEST(Listener, StopEndsTheCoroutine) {
    asio::io_context io;
    asio::io_context* contexts[] = {&io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners);
    listeners->front()->start([](Accepted) {});
    io.poll();
    listeners->front()->stop();
    io.run(); // returns: nothing is left to do
    SUCCEED();
}

TEST(Listener, ManyIdleConnections) {
    Loop loop;
    asio::io_context* contexts[] = {&loop.io};
    auto listeners = listen(Endpoint("127.0.0.1", 0), contexts);
    ASSERT_TRUE(listeners);
    std::vector<std::unique_ptr<Stream>> servers, clients;
    listeners->front()->start([&](Accepted connection) {
        servers.push_back(std::make_unique<Stream>(std::move(connection), loop.deadlines));
        loop.spawn([](Stream& stream) -> task<> {
            char octet[1];
            while (true) {
                const auto ready = co_await stream.wait_readable(60s);
                if (!ready.ok()) co_return;
                const auto read = stream.try_read(octet);
                if (!read.ok()) co_return;
                stream.try_write(std::string_view(octet, 1));
            }
        }(*servers.back()));
    });
    for (int i = 0; i < 400; ++i)
        clients.push_back(connect_to(loop, listeners->front()->local()));
    loop.run_until([&] { return servers.size() == 400; });
    int echoed = 0;
    for (auto& client : clients) {
        ASSERT_TRUE(client->try_write("x").ok());
        loop.run([](Stream& from, int& count) -> task<> {
            const auto got = co_await read_until(from, "x");
            if (got == "x") ++count;
        }(*client, echoed));
    }
    EXPECT_EQ(echoed, 400);
    clients.clear();
}

} // namespace
} // namespace lazaret::net
