#include "net/init.hpp"
#include "relay/fake_hop.hpp"
#include "relay/pool.hpp"

#include <gmock/gmock.h>

namespace lazaret::relay {
namespace {

using namespace test;
using testing::HasSubstr;
using Kind = Fault::Kind;

class PoolTest : public ::testing::Test {
  protected:
    PoolTest() : hop(loop) {
        net::init();
        settings.address = hop.address();
        settings.hostname = "lazaret.example";
        settings.connect_timeout = settings.reply_timeout = 30s;
        settings.health_interval = 20ms;
        make_pool();
    }
    void make_pool() { pool = std::make_unique<Pool>(loop.io, loop.deadlines, settings); }
    double faults() const { return pool->hop().faults.Value(); }

    net::task<> take(std::optional<Lease>& lease, Fault& fault, int& done) {
        fault = co_await pool->acquire(lease, "", true);
        ++done;
    }
    /// Waits for one.
    std::optional<Lease> take() {
        std::optional<Lease> lease;
        int done = 0;
        loop.run(take(lease, last, done));
        EXPECT_NE(lease.has_value(), static_cast<bool>(last));
        return lease;
    }

    Loop loop;
    FakeHop hop;
    PoolSettings settings;
    std::unique_ptr<Pool> pool;
    Fault last;
};

TEST_F(PoolTest, LearnsWhatTheHopOffers) {
    EXPECT_FALSE(pool->hop().known());
    EXPECT_FALSE(pool->hop().offered()->pipelining) << "nothing is promised before the first answer";
    pool->start();
    loop.run_until([&] { return pool->hop().known(); });
    EXPECT_TRUE(pool->hop().offered()->dsn);
    EXPECT_EQ(pool->hop().offered()->max_size, 1000000u);
    Pool other(loop.io, loop.deadlines, settings);
    EXPECT_TRUE(other.hop().offered()->pipelining) << "known to every pool of this next hop";
    hop.keywords = {"8BITMIME"};
    hop.drop_connections();
    take();
    EXPECT_FALSE(other.hop().offered()->pipelining);
    EXPECT_TRUE(other.hop().offered()->eight_bit_mime);
}

TEST_F(PoolTest, AsksAgainUntilTheHopAnswers) {
    hop.refuse();
    pool->start();
    loop.run_until([&] { return pool->hop().away(); });
    EXPECT_FALSE(pool->hop().known());
    hop.listen_again();
    loop.run_until([&] { return pool->hop().known(); });
    EXPECT_FALSE(pool->hop().away());
}

TEST_F(PoolTest, IdleConnectionsAreClosedInTime) {
    settings.idle_timeout = 100ms;
    make_pool();
    pool->start();
    loop.run_until([&] { return pool->hop().known(); });
    loop.run_until([&] { return !hop.commands.empty() && hop.commands.back() == "QUIT"; });
    EXPECT_EQ(hop.connections, 1);
}

TEST_F(PoolTest, WhatTheHopClosesWhileIdleIsNoFault) {
    take();
    const double before = faults();
    EXPECT_TRUE(pool->stands());
    hop.drop_connections();
    EXPECT_FALSE(pool->stands());
    take();
    hop.shout("421 4.4.2 hop.example Error: timeout exceeded\r\n");
    loop.run_until([&] { return !pool->stands(); });
    EXPECT_TRUE(take());
    EXPECT_EQ(hop.connections, 3);
    EXPECT_EQ(faults(), before);
    hop.shout("250 2.0.0 extra\r\n");
    loop.run_until([&] { return !pool->stands(); });
    EXPECT_EQ(faults(), before + 1) << "an answer to nothing is one";
    EXPECT_FALSE(pool->hop().away());
}

TEST_F(PoolTest, KeepsToItsBoundAndServesThoseWhoWaitInTurn) {
    settings.max_connections = 2;
    make_pool();
    std::vector<std::optional<Lease>> leases(5);
    std::vector<Fault> faults(5);
    int done = 0;
    for (int i = 0; i < 5; ++i)
        loop.spawn(take(leases[i], faults[i], done));
    loop.run_until([&] { return done == 2; });
    EXPECT_TRUE(leases[0] && leases[1] && !leases[2]);
    EXPECT_FALSE(pool->take_idle("")) << "nobody overtakes those who wait";
    leases[0].reset();
    loop.run_until([&] { return done == 3; });
    EXPECT_TRUE(leases[2] && !leases[3]);
    leases[1].reset();
    leases[2].reset();
    loop.run_until([&] { return done == 5; });
    EXPECT_EQ(hop.connections, 2);
    EXPECT_EQ(pool->busy(), 2u);
    leases.clear();
    EXPECT_EQ(pool->busy(), 0u);
    EXPECT_EQ(pool->idle(), 2u);
}

TEST_F(PoolTest, WaitsForAPlaceOnlySoLong) {
    settings.max_connections = 1;
    settings.connect_timeout = 200ms;
    make_pool();
    auto first = take();
    ASSERT_TRUE(first);
    EXPECT_FALSE(take());
    EXPECT_EQ(last.kind, Kind::busy);
    EXPECT_FALSE(pool->hop().away());
    first.reset();
    EXPECT_TRUE(take());
}

TEST_F(PoolTest, WhileTheHopIsAwayNobodyWaitsForIt) {
    settings.reply_timeout = 300ms;
    make_pool();
    hop.acts["banner"] = stalls;
    EXPECT_FALSE(take());
    EXPECT_THAT(last.text, HasSubstr("no answer in time"));
    EXPECT_EQ(hop.connections, 1);
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(take());
        EXPECT_THAT(last.text, HasSubstr("no answer in time"));
    }
    EXPECT_EQ(hop.connections, 1) << "it is away, and only a probe asks";
    hop.acts.clear();
    pool->start();
    loop.run_until([&] { return !pool->hop().away(); });
    EXPECT_TRUE(take());
    EXPECT_EQ(hop.connections, 2) << "the probe's connection serves";
}

TEST_F(PoolTest, OneConnectionTooManyForTheHopIsNoAbsence) {
    auto first = take();
    ASSERT_TRUE(first);
    hop.acts["banner"] = Act("421 4.7.0 too many connections\r\n", Act::Then::close);
    EXPECT_FALSE(take());
    EXPECT_FALSE(pool->hop().away());
    first.reset();
    EXPECT_TRUE(take()) << "the one that stands serves on";
}

TEST_F(PoolTest, AProbeNeedsNoPlace) {
    settings.max_connections = 1;
    make_pool();
    auto held = take();
    ASSERT_TRUE(held);
    held->hop().went_away("for the test");
    pool->start();
    loop.run_until([&] { return !pool->hop().away(); });
    EXPECT_EQ(pool->idle(), 0u) << "and exceeds the bound for no longer than it takes";
}

TEST_F(PoolTest, StopLetsTheLoopEnd) {
    pool->start();
    loop.run_until([&] { return pool->idle() == 1; });
    auto lease = take();
    hop.acts["banner"] = stalls;
    std::optional<Lease> waiting;
    Fault fault;
    int done = 0;
    loop.spawn(take(waiting, fault, done));
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

// STARTTLS towards the hop.

class PoolTlsTest : public PoolTest {
  protected:
    PoolTlsTest() {
        const net::TlsContext::Files certificates{folder.write("cert.pem", own.certificate)}, keys{folder.write("key.pem", own.key)};
        hop.tls = *net::TlsContext::server(certificates, keys);
        trust(own, net::TlsContext::Verify::yes);
    }
    void trust(const Certificate& authority, net::TlsContext::Verify verify) {
        settings.tls = *net::TlsContext::client(verify, folder.write("ca.pem", authority.certificate));
        make_pool();
    }
    void expect_away(const char* why) {
        EXPECT_FALSE(take());
        EXPECT_TRUE(pool->hop().away());
        EXPECT_THAT(last.text, HasSubstr(why));
        EXPECT_THAT(pool->hop().why_away(), HasSubstr(why));
    }

    TempDir folder;
    Certificate own, other;
};

TEST_F(PoolTlsTest, ACertificateOfItsNameWillDo) {
    ASSERT_TRUE(take());
    EXPECT_THAT(hop.commands, testing::ElementsAre("EHLO lazaret.example", "STARTTLS", "EHLO lazaret.example"));
    EXPECT_FALSE(pool->hop().offered()->starttls) << "what counts is what was said within TLS";
    EXPECT_TRUE(pool->hop().offered()->pipelining);
}

TEST_F(PoolTlsTest, AnotherAuthorityWillNot) {
    trust(other, net::TlsContext::Verify::yes);
    expect_away("TLS: ");
    EXPECT_EQ(hop.commands.back(), "STARTTLS") << "nothing was said to a stranger";
}

TEST_F(PoolTlsTest, AnotherAuthorityWillDoWithoutVerification) {
    trust(other, net::TlsContext::Verify::no);
    EXPECT_TRUE(take());
}

TEST_F(PoolTlsTest, WithoutTlsThereIsNoConnection) {
    hop.tls.reset();
    expect_away("does not offer STARTTLS");
}

TEST_F(PoolTlsTest, ARefusedStarttlsIsToldAsSuch) {
    hop.acts["starttls"] = Act("454 4.7.0 TLS not available\r\n");
    expect_away("STARTTLS: 454");
}

TEST_F(PoolTlsTest, WhatStandsInClearBehindThe220IsNotBelieved) {
    hop.acts["starttls"] = Act("220 2.0.0 Ready\r\n250 hop.example\r\n");
    expect_away("said without being asked");
}

TEST_F(PoolTlsTest, AHandshakeThatStallsEnds) {
    settings.reply_timeout = 300ms;
    make_pool();
    hop.acts["starttls"] = Act("220 2.0.0 Ready\r\n", Act::Then::stall);
    expect_away("TLS: no answer in time");
}

} // namespace
} // namespace lazaret::relay
