#include "store/snapshot_watch.hpp"

#include "store/quarantine.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include "core/file.hpp"
#include "core/guarded.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <thread>

namespace lazaret::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using SnapshotPointer = std::shared_ptr<const subscriber::Snapshot>;

bool is_confined(const subscriber::Snapshot& snapshot, std::string_view subscriber) {
    return snapshot.quarantine->find({.subscriber = subscriber, .account = {}, .client = {}}, now()) != nullptr;
}

class SnapshotWatchTest : public testing::Test {
  protected:
    TestCluster& cluster = TestCluster::shared();
    DatabaseSettings owner = cluster.create_migrated_database();
    Database database{owner};
    fs::path dir;
    Guarded<SnapshotPointer> seen;

    void SetUp() override {
        char name[] = "/tmp/lazaret-snapshot-XXXXXX";
        dir = mkdtemp(name);
        cluster.start();
        sql("INSERT INTO subscriber (id, plan, class) VALUES ('c1', 'residential', 'dynamic')");
        sql("INSERT INTO account VALUES ('c1@example.org', 'c1', 'v')");
        sql("INSERT INTO network VALUES ('192.0.2.0/24', 'static', true, 'c1', NULL)");
    }
    void TearDown() override {
        cluster.start();
        fs::remove_all(dir);
    }
    void sql(const std::string& text) {
        auto done = run(database, "test", [&](pqxx::work& tx) { tx.exec(text); });
        ASSERT_TRUE(done) << done.error().message;
    }
    SnapshotWatchSettings settings() {
        SnapshotWatchSettings s;
        s.database = owner;
        s.database.role = "lazaret_submission";
        s.file = dir / "snapshot.json";
        return s;
    }
    SnapshotWatch::Publish publish() {
        return [this](SnapshotPointer snapshot) {
            seen.with([&](SnapshotPointer& held) { held = std::move(snapshot); });
        };
    }
    SnapshotPointer snapshot() {
        return seen.with([](const SnapshotPointer& held) { return held; });
    }
    template <class Condition> bool reached(Condition condition) {
        auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }
    bool confined(const std::string& subscriber) {
        return is_confined(*snapshot(), subscriber);
    }
    void confine(const std::string& subscriber) {
        NewQuarantine what;
        what.subscriber = subscriber;
        what.reason = "test";
        what.author = "test";
        ASSERT_TRUE(add_quarantine(database, what));
    }
};

TEST_F(SnapshotWatchTest, LoadsFollowsAndSaves) {
    SnapshotWatch watch(settings(), publish());
    ASSERT_TRUE(watch.start());
    EXPECT_TRUE(watch.connected());
    EXPECT_GT(watch.loaded_at(), now() - std::chrono::minutes(5));
    ASSERT_NE(snapshot()->directory->account("C1@example.org"), nullptr);
    EXPECT_EQ(snapshot()->directory->network(IpAddress::parse("192.0.2.9").value())->subscriber, "c1");
    EXPECT_EQ(snapshot()->directory->plan("unlimited")->messages.per_day, std::nullopt);
    EXPECT_EQ(snapshot()->directory->plan("residential")->messages.per_minute, 30u);

    confine("c1");
    EXPECT_TRUE(reached([&] { return confined("c1"); }));
    ASSERT_FALSE(release_subscriber(database, "c1", "me", "clean")->empty());
    EXPECT_TRUE(reached([&] { return !confined("c1"); }));
    sql("INSERT INTO account VALUES ('new@example.org', 'c1', 'v')");
    EXPECT_TRUE(reached([&] { return snapshot()->directory->account("new@example.org") != nullptr; }));
    confine("c1");
    EXPECT_TRUE(reached([&] { return confined("c1"); }));
    watch.stop();
    EXPECT_FALSE(watch.connected());

    struct stat info {};
    ASSERT_EQ(stat(settings().file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    auto saved = subscriber::from_json(read_file(settings().file, UINT64_MAX).value()).value();
    EXPECT_NE(saved.directory->account("new@example.org"), nullptr);
    EXPECT_TRUE(is_confined(saved, "c1"));
}

TEST_F(SnapshotWatchTest, StartsFromTheFileAndCatchesUp) {
    {
        SnapshotWatch watch(settings(), publish());
        ASSERT_TRUE(watch.start());
    }
    confine("c1"); // nobody was listening
    sql("INSERT INTO account VALUES ('late@example.org', 'c1', 'v')");
    cluster.stop();
    SnapshotWatch watch(settings(), publish());
    ASSERT_TRUE(watch.start());
    EXPECT_FALSE(watch.connected());
    ASSERT_NE(snapshot()->directory->account("c1@example.org"), nullptr);
    EXPECT_FALSE(confined("c1"));
    cluster.start();
    EXPECT_TRUE(reached([&] { return confined("c1"); }));
    EXPECT_TRUE(reached([&] { return snapshot()->directory->account("late@example.org") != nullptr; }));
    EXPECT_TRUE(reached([&] { return watch.connected(); }));
}

TEST_F(SnapshotWatchTest, GoesOnThroughADatabasesDeath) {
    SnapshotWatch watch(settings(), publish());
    ASSERT_TRUE(watch.start());
    cluster.kill();
    EXPECT_TRUE(reached([&] { return !watch.connected(); }));
    EXPECT_NE(snapshot()->directory->account("c1@example.org"), nullptr);
    cluster.start();
    database.disconnect();
    confine("c1");
    EXPECT_TRUE(reached([&] { return confined("c1"); }));
}

TEST_F(SnapshotWatchTest, NeitherDatabaseNorFile) {
    cluster.stop();
    SnapshotWatch watch(settings(), publish());
    auto started = watch.start();
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("neither database nor snapshot file: cannot connect"));
}

TEST_F(SnapshotWatchTest, ABurstOfChangesEndsInTheLastState) {
    SnapshotWatch watch(settings(), publish());
    ASSERT_TRUE(watch.start());
    for (int i = 0; i < 200; ++i)
        confine("b" + std::to_string(i));
    EXPECT_TRUE(reached([&] { return snapshot()->quarantine->entries().size() == 200; }));
}

TEST_F(SnapshotWatchTest, ALostNotificationIsMadeGoodByTheFullReload) {
    auto often = settings();
    often.full_reload = std::chrono::milliseconds(50);
    SnapshotWatch watch(often, publish());
    ASSERT_TRUE(watch.start());
    sql("ALTER TABLE quarantine DISABLE TRIGGER ALL");
    confine("c1");
    EXPECT_TRUE(reached([&] { return confined("c1"); }));
}

} // namespace
} // namespace lazaret::store
