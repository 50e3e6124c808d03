#include "net/init.hpp"
#include "relay/fake_hop.hpp"
#include "relay/pool.hpp"

#include <gmock/gmock.h>

namespace lazaret::relay {
namespace {

using namespace test;
using testing::HasSubstr;

class PoolTest : public ::testing::Test {
  protected:
    PoolTest() : hop(loop) {
        net::init();
        settings.address = hop.address();
        settings.hostname = "lazaret.example";
        settings.connect_timeout = settings.reply_timeout = 30s;
        make_pool();
    }
    void make_pool() { pool = std::make_unique<Pool>(loop.io, loop.deadlines, settings); }

    net::task<> take(std::optional<Lease>& lease, std::string& error, int& done) {
        auto got = co_await pool->acquire();
        if (got)
            lease.emplace(std::move(*got));
        else
            error = got.error().message;
        ++done;
    }
    /// Waits for one.
    std::optional<Lease> take() {
        std::optional<Lease> lease;
        std::string error;
        int done = 0;
        loop.run(take(lease, error, done));
        last_error = error;
        return lease;
    }

    Loop loop;
    FakeHop hop;
    PoolSettings settings;
    std::unique_ptr<Pool> pool;
    std::string last_error;
};

TEST_F(PoolTest, LearnsWhatTheHopOffers) {
    EXPECT_FALSE(pool->extensions()->pipelining) << "nothing is promised before the first answer";
    pool->start();
    loop.run_until([&] { return pool->extensions()->pipelining; });
    EXPECT_TRUE(pool->extensions()->dsn);
    EXPECT_EQ(pool->extensions()->max_size, 1000000u);
    Pool other(loop.io, loop.deadlines, settings);
    EXPECT_TRUE(other.extensions()->pipelining) << "known to every pool of this next hop";
    hop.keywords = {"8BITMIME"};
    hop.drop_connections();
    take();
    EXPECT_FALSE(other.extensions()->pipelining);
    EXPECT_TRUE(other.extensions()->eight_bit_mime);
}

TEST_F(PoolTest, AsksAgainUntilTheHopAnswers) {
    hop.refuse();
    pool->start();
    loop.run_until([&] { return !pool->reachable(); });
    EXPECT_FALSE(pool->extensions()->pipelining);
    hop.listen_again();
    loop.run_until([&] { return pool->extensions()->pipelining; });
    EXPECT_TRUE(pool->reachable());
}

TEST_F(PoolTest, RefreshAsksAnewWhenNoConnectionStands) {
    take();
    loop.run(pool->refresh(30s));
    EXPECT_EQ(hop.connections, 1) << "a connection stands: nothing can have changed unseen";
    hop.keywords = {"8BITMIME"};
    hop.drop_connections();
    loop.run(pool->refresh(30s));
    EXPECT_EQ(hop.connections, 2);
    EXPECT_TRUE(pool->extensions()->eight_bit_mime);
    EXPECT_FALSE(pool->extensions()->dsn);
}

TEST_F(PoolTest, RefreshWaitsOnlySoLongForAHopThatIsSilent) {
    hop.acts["banner"] = stalls;
    loop.run(pool->refresh(50ms)); // ends: the hop's own time-out is 30 s
    EXPECT_EQ(hop.connections, 1);
    EXPECT_FALSE(pool->extensions()->pipelining);
}

TEST_F(PoolTest, IdleConnectionsAreClosedInTime) {
    settings.idle_timeout = 100ms;
    make_pool();
    pool->start();
    loop.run_until([&] { return pool->extensions()->pipelining; });
    loop.run_until([&] { return !hop.commands.empty() && hop.commands.back() == "QUIT"; });
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(PoolTest, KeepsToItsBoundAndServesThoseWhoWaitInTurn) {
    settings.max_connections = 2;
    make_pool();
    std::vector<std::optional<Lease>> leases(5);
    std::vector<std::string> errors(5);
    int done = 0;
    for (int i = 0; i < 5; ++i)
        loop.spawn(take(leases[i], errors[i], done));
    loop.run_until([&] { return done == 2; });
    EXPECT_TRUE(leases[0] && leases[1] && !leases[2]);
    leases[0].reset();
    loop.run_until([&] { return done == 3; });
    EXPECT_TRUE(leases[2] && !leases[3]);
    leases[1].reset();
    leases[2].reset();
    loop.run_until([&] { return done == 5; });
    EXPECT_EQ(hop.connections, 2);
    leases.clear();
}

TEST_F(PoolTest, WaitsForAPlaceOnlySoLong) {
    settings.max_connections = 1;
    settings.connect_timeout = 200ms;
    make_pool();
    auto first = take();
    ASSERT_TRUE(first);
    EXPECT_FALSE(take());
    EXPECT_THAT(last_error, HasSubstr("all connections are in use"));
    first.reset();
    EXPECT_TRUE(take());
}

TEST_F(PoolTest, OneAttemptAtATimeWhileTheHopIsAway) {
    settings.reply_timeout = 300ms;
    make_pool();
    hop.acts["banner"] = stalls;
    EXPECT_FALSE(take());
    EXPECT_EQ(hop.connections, 1);
    std::vector<std::optional<Lease>> leases(20);
    std::vector<std::string> errors(20);
    int done = 0;
    for (int i = 0; i < 20; ++i)
        loop.spawn(take(leases[i], errors[i], done));
    loop.run_until([&] { return done == 20; });
    EXPECT_EQ(hop.connections, 2) << "twenty who wait share one attempt";
    for (const auto& error : errors)
        EXPECT_THAT(error, HasSubstr("no answer in time"));
    hop.acts.clear();
    EXPECT_TRUE(take()) << "and its return is noticed by the first who asks";
}

TEST_F(PoolTest, StopLetsTheLoopEnd) {
    pool->start();
    auto lease = take();
    hop.acts["banner"] = stalls;
    std::optional<Lease> waiting;
    std::string error;
    int done = 0;
    loop.spawn(take(waiting, error, done));
    loop.run_until([&] { return hop.connections == 2; });
    pool->stop();
    lease.reset();
    hop.refuse();
    hop.drop_connections();
    loop.deadlines.stop();
    loop.io.restart();
    loop.io.run(); // returns: nothing is left to do
    EXPECT_EQ(done, 1);
    EXPECT_FALSE(waiting);
}

TEST_F(PoolTest, ALeaseMayOutliveThePool) {
    auto lease = take();
    ASSERT_TRUE(lease);
    pool.reset();
    lease.reset();
    loop.run_until([&] { return hop.commands.size() == 1; });
}

} // namespace
} // namespace lazaret::relay
