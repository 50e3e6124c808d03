#include "store/shipper.hpp"

#include "store/events.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lazaret::store {
namespace {

namespace fs = std::filesystem;

class ShipperTest : public testing::Test {
  protected:
    TestCluster& cluster = TestCluster::shared();
    DatabaseSettings owner = cluster.create_migrated_database();
    fs::path dir;

    void SetUp() override {
        char name[] = "/tmp/lazaret-shipper-XXXXXX";
        dir = mkdtemp(name);
    }
    void TearDown() override { fs::remove_all(dir); }

    std::unique_ptr<Journal> journal(std::uint64_t segment_size = 16u << 20, const char* name = "journal") {
        JournalSettings settings;
        settings.dir = dir / name;
        settings.node = "mx1";
        settings.segment_size = segment_size;
        return Journal::open(settings).value();
    }
    ShipperSettings settings() {
        ShipperSettings s;
        s.database = owner;
        s.database.role = "lazaret_submission";
        s.batch = 100;
        s.gather = std::chrono::milliseconds(1);
        s.longest_back_off = std::chrono::milliseconds(200);
        return s;
    }
    static event::Event sample(int n) {
        event::Event e;
        e.at = now();
        e.trace = TraceId::make(e.at);
        e.subscriber = "c" + std::to_string(n);
        e.account = "a b\\n\"{},";
        e.client = IpAddress::parse(n % 2 ? "192.0.2.7" : "2001:db8::1").value();
        e.listener = "submission";
        e.helo = "pc";
        e.sender_hash = 0xfedcba9876543210u;
        e.sender_domain = "example.org";
        e.spf = spf::Verdict::permerror;
        e.recipients = {{0xffffffffffffffffu, "example.com"}, {1, "b\"ü"}};
        e.recipients_refused = 2;
        e.recipients_nonexistent = 1;
        e.size = 12345;
        e.message_id_hash = 7;
        e.fingerprint = 0xfedcba9876543210;
        e.uri_hosts = {0xfedcba9876543210, 1};
        e.agent_hash = 0xffffffffffffffff;
        e.refused_by = event::RefusedBy::next_hop;
        e.reason = "550 5.1.1 no";
        e.findings = {"gtube:enforce:10", "a\"b\\,{c}", ""};
        e.reply_code = 550;
        e.enhanced = "5.1.1";
        e.delivery = event::DeliveryStatus::bounced;
        e.remote_host = "mx.example.com";
        return e;
    }
    template <class Condition> static bool reached(Condition condition) {
        auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return true;
    }
    static std::vector<std::string> as_json(const std::vector<event::Event>& events) {
        std::vector<std::string> lines;
        for (const auto& e : events)
            lines.push_back(event::to_json(e));
        return lines;
    }
    std::vector<event::Event> stored(std::uint64_t after = 0) {
        Database database(owner);
        return read_events(database, "mx1", all_shards(), after, UINT64_MAX >> 1, 100000).value();
    }
};

TEST_F(ShipperTest, EveryFieldArrives) {
    auto j = journal();
    std::vector<event::Event> sent;
    for (int i = 0; i < 5; ++i) {
        sent.push_back(sample(i));
        sent.back().sequence = j->append(sent.back()).value();
    }
    event::Event empty;
    empty.at = now();
    empty.sequence = j->append(empty).value();
    sent.push_back(empty);
    Shipper shipper(*j, settings());
    shipper.start();
    ASSERT_TRUE(reached([&] { return shipper.shipped() == 6; }));
    EXPECT_TRUE(shipper.database_up());
    EXPECT_EQ(shipper.depth(), 0u);
    EXPECT_EQ(as_json(stored()), as_json(sent)); // readable when different
    EXPECT_EQ(stored(), sent);
    EXPECT_EQ(stored(4).size(), 2u);
    Database database(owner);
    auto positions = nodes(database).value();
    ASSERT_EQ(positions.size(), 1u);
    EXPECT_EQ(positions[0].sequence, 6u);
}

TEST_F(ShipperTest, NothingIsLostOrDoubledThroughDatabaseDeaths) {
    auto j = journal(20000);
    Shipper shipper(*j, settings());
    shipper.start();
    constexpr int total = 3000;
    std::thread writer([&] {
        for (int i = 0; i < total; ++i) {
            ASSERT_TRUE(j->append(sample(i)));
            if (i % 20 == 0) std::this_thread::yield();
        }
    });
    for (std::uint64_t goal : {300u, 1200u}) {
        ASSERT_TRUE(reached([&] { return shipper.shipped() > goal; }));
        cluster.kill();
        ASSERT_TRUE(reached([&] { return !shipper.database_up() || shipper.shipped() == total; }));
        cluster.start();
    }
    writer.join();
    ASSERT_TRUE(reached([&] { return shipper.database_up() && shipper.depth() == 0; }));
    shipper.stop();
    auto events = stored();
    ASSERT_EQ(events.size(), static_cast<std::size_t>(total));
    for (int i = 0; i < total; ++i) {
        ASSERT_EQ(events[static_cast<std::size_t>(i)].sequence, static_cast<std::uint64_t>(i) + 1);
        ASSERT_EQ(events[static_cast<std::size_t>(i)].subscriber, "c" + std::to_string(i));
    }
    EXPECT_LT(j->size(), 30000u); // shipped segments are gone
}

TEST_F(ShipperTest, StartsWithoutADatabaseAndStopsPromptlyOrDrains) {
    auto j = journal();
    cluster.stop();
    {
        Shipper shipper(*j, settings());
        ASSERT_TRUE(j->append(sample(1)));
        shipper.start();
        shipper.stop(); // hangs if it waited for the database
        EXPECT_EQ(shipper.shipped(), 0u);
    }
    cluster.start();
    Shipper shipper(*j, settings());
    for (int i = 0; i < 500; ++i)
        ASSERT_TRUE(j->append(sample(i)));
    shipper.start();
    shipper.stop(std::chrono::seconds(60));
    EXPECT_EQ(shipper.shipped(), 501u);
}

TEST_F(ShipperTest, BadTextIsCleanedAndABadEventLeftOut) {
    Database database(owner);
    ASSERT_TRUE(run(database, "make one impossible",
                    [](pqxx::work& tx) { tx.exec("ALTER TABLE event ADD CHECK (subscriber <> 'poison')"); }));
    auto j = journal();
    auto dirty = sample(1);
    dirty.helo = std::string("a\0b", 3);
    ASSERT_TRUE(j->append(dirty));
    for (int i = 0; i < 9; ++i) {
        auto e = sample(i);
        if (i == 4) e.subscriber = "poison";
        ASSERT_TRUE(j->append(e));
    }
    Shipper shipper(*j, settings());
    shipper.start();
    ASSERT_TRUE(reached([&] { return shipper.depth() == 0; }));
    EXPECT_EQ(shipper.dropped(), 1u);
    auto events = stored();
    ASSERT_EQ(events.size(), 9u);
    EXPECT_EQ(events[0].helo, "a?b");
    EXPECT_EQ(events.back().sequence, 10u);
}

TEST_F(ShipperTest, AMissingRightMakesEventsWaitNotVanish) {
    auto j = journal();
    ASSERT_TRUE(j->append(sample(1)));
    Database database(owner);
    auto allow = [&](const char* sql) {
        return run(database, "change rights", [&](pqxx::work& tx) { tx.exec(sql); });
    };
    ASSERT_TRUE(allow("REVOKE INSERT ON event FROM lazaret_submission"));
    Shipper shipper(*j, settings());
    shipper.start();
    std::this_thread::sleep_for(
        std::chrono::milliseconds(300)); // time to do wrong in; success needs none of it
    EXPECT_EQ(shipper.depth(), 1u);
    EXPECT_EQ(shipper.dropped(), 0u);
    ASSERT_TRUE(allow("GRANT INSERT ON event TO lazaret_submission"));
    ASSERT_TRUE(reached([&] { return shipper.depth() == 0; }));
    EXPECT_EQ(stored().size(), 1u);
}

TEST_F(ShipperTest, ARestoredDatabaseGetsAgainWhatTheJournalStillHas) {
    auto j = journal();
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(j->append(sample(i)));
    {
        Shipper shipper(*j, settings());
        shipper.start();
        ASSERT_TRUE(reached([&] { return shipper.depth() == 0; }));
    }
    Database database(owner);
    ASSERT_TRUE(run(database, "go back", [](pqxx::work& tx) {
        tx.exec("DELETE FROM event WHERE sequence > 20");
        tx.exec("UPDATE journal_position SET sequence = 20");
    }));
    Shipper shipper(*j, settings());
    shipper.start();
    ASSERT_TRUE(reached([&] { return shipper.shipped() == 30; }));
    EXPECT_EQ(stored().size(), 50u);
}

TEST_F(ShipperTest, ALostJournalDoesNotReuseNumbers) {
    {
        auto j = journal();
        for (int i = 0; i < 10; ++i)
            ASSERT_TRUE(j->append(sample(i)));
        Shipper shipper(*j, settings());
        shipper.start();
        ASSERT_TRUE(reached([&] { return shipper.depth() == 0; }));
    }
    auto j = journal(16u << 20, "new");
    ASSERT_TRUE(j->append(sample(100)));
    Shipper shipper(*j, settings());
    shipper.start();
    ASSERT_TRUE(reached([&] { return j->last_sequence() == 10; }));
    EXPECT_EQ(j->append(sample(101)).value(), 11u);
    ASSERT_TRUE(reached([&] { return stored().size() == 12; }));
    EXPECT_EQ(stored(10).at(0).subscriber, "c101");
}

TEST_F(ShipperTest, EventsOfALogAreWrittenOnce) {
    Database database(owner);
    auto e = sample(3);
    e.sequence = 4;
    e.account = "a\tb\\n\n\"{},"; // COPY's own syntax must not show through
    ASSERT_TRUE(write_events(database, "postfix:mail.log", {e}));
    ASSERT_TRUE(write_events(database, "postfix:mail.log", {e}));
    auto events = read_events(database, "postfix:mail.log", all_shards(), 0, 10, 10).value();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0], e);
    EXPECT_EQ(nodes(database).value().at(0).sequence, 4u);
}

TEST_F(ShipperTest, EventsAreListedAndCounted) {
    Database database(owner);
    std::vector<event::Event> events;
    for (int i = 1; i <= 4; ++i) {
        auto e = sample(i == 4 ? 2 : 1);
        e.sequence = static_cast<std::uint64_t>(i);
        e.at += std::chrono::milliseconds(i);
        if (i == 3) e.type = event::Type::login_failed;
        events.push_back(e);
    }
    ASSERT_TRUE(write_events(database, "n", events));
    EventFilter filter;
    filter.subscriber = "c1";
    auto listed = list_events(database, filter).value();
    ASSERT_EQ(listed.size(), 3u);
    EXPECT_EQ(listed[0].event, events[2]);
    EXPECT_EQ(listed[0].node, "n");
    filter.type = event::Type::message_relayed;
    filter.until = events[1].at;
    EXPECT_EQ(list_events(database, filter)->size(), 1u);
    filter = EventFilter();
    filter.trace = events[3].trace.to_string();
    EXPECT_EQ(list_events(database, filter)->size(), 1u);
    auto counts = count_events(database, "c1", events[0].at).value();
    ASSERT_EQ(counts.size(), 2u);
    EXPECT_EQ(counts[0].events, 2u);
    EXPECT_EQ(counts[0].recipients, 8u);
    EXPECT_EQ(counts[0].first, events[0].at);
    EXPECT_EQ(counts[0].last, events[1].at);
    EXPECT_EQ(counts[1].type, event::Type::login_failed);
    EXPECT_TRUE(count_events(database, "c1", events[3].at)->empty());
}

} // namespace
} // namespace lazaret::store
