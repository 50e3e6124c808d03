#include "store/database.hpp"

#include "store/listener.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lazaret::store {
namespace {

using testing::HasSubstr;

TEST(Database, AbsentServerIsTransientAndASentence) {
    DatabaseSettings settings;
    settings.connection = "host=/nonexistent dbname=x";
    Database database(settings);
    auto done = database.connect();
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().transient);
    EXPECT_THAT(done.error().message, HasSubstr("cannot connect to the database: "));
    EXPECT_EQ(done.error().message.find('\n'), std::string::npos);
}

TEST(Database, AWrongConnectionStringIsNotTransient) {
    DatabaseSettings settings;
    settings.connection = "no such=keyword";
    Database database(settings);
    auto done = database.connect();
    ASSERT_FALSE(done);
    EXPECT_FALSE(done.error().transient);
}

TEST(Database, UriAndQuotingAndSessionSettings) {
    auto settings = TestCluster::shared().create_migrated_database();
    auto host = settings.connection.substr(5, settings.connection.find(' ') - 5);
    auto name = settings.connection.substr(settings.connection.rfind('=') + 1);
    settings.connection = "postgresql:///" + name + "?host=" + host;
    settings.application = "it's \\ 'quoted'";
    Database database(settings);
    auto seen = run(database, "look", [](pqxx::work& tx) {
        return tx
            .exec1(
                "SELECT current_setting('application_name') || '|' || current_setting('timezone') || '|' ||"
                " current_schema() || '|' || current_setting('statement_timeout')")[0]
            .as<std::string>();
    });
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(*seen, "it's \\ 'quoted'|UTC|lazaret|1min");
}

TEST(Database, ErrorsRollBackAndSayWhatWasTried) {
    Database database(TestCluster::shared().create_migrated_database());
    auto insert = [](pqxx::work& tx) { tx.exec("INSERT INTO plan (name) VALUES ('p')"); };
    auto refused = run(database, "write a plan", [&](pqxx::work& tx) -> Result<int> {
        insert(tx);
        return Error("no");
    });
    EXPECT_EQ(refused.error().message, "no");
    auto thrown = run(database, "write a plan", [&](pqxx::work& tx) {
        insert(tx);
        insert(tx);
    });
    ASSERT_FALSE(thrown);
    EXPECT_FALSE(thrown.error().transient);
    EXPECT_THAT(thrown.error().message, HasSubstr("cannot write a plan: duplicate key"));
    EXPECT_TRUE(run(database, "write a plan", insert));
}

TEST(Database, TimesKeepTheirMicroseconds) {
    Database database(TestCluster::shared().create_migrated_database());
    Time at{std::chrono::microseconds(1'790'000'000'000'007)};
    auto back = run(database, "look", [&](pqxx::work& tx) {
        return read_time(tx.exec_params1("SELECT $1::timestamptz", sql_time(at))[0]);
    });
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, at);
}

TEST(Database, AKilledServerIsTransientAndComesBack) {
    auto& cluster = TestCluster::shared();
    auto settings = cluster.create_migrated_database();
    Database database(settings);
    auto look = [](pqxx::work& tx) { return tx.exec1("SELECT 1")[0].as<int>(); };
    ASSERT_TRUE(run(database, "look", look));
    for (bool hard : {false, true}) {
        hard ? cluster.kill() : cluster.stop();
        auto gone = run(database, "look", look);
        ASSERT_FALSE(gone);
        EXPECT_TRUE(gone.error().transient) << gone.error().message;
        EXPECT_FALSE(database.connected());
        cluster.start();
        EXPECT_EQ(run(database, "look", look).value(), 1);
    }
}

TEST(Database, AnAdministratorsCommandIsTransient) {
    auto settings = TestCluster::shared().create_migrated_database();
    Database database(settings), other(settings);
    auto killed = run(database, "look", [&](pqxx::work& tx) {
        int pid = tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
        EXPECT_TRUE(run(other, "kill", [&](pqxx::work& killer) {
            killer.exec_params("SELECT pg_terminate_backend($1, 10000)", pid);
        }));
        tx.exec("SELECT 1");
    });
    ASSERT_FALSE(killed);
    EXPECT_TRUE(killed.error().transient) << killed.error().message;
}

TEST(Listener, HearsWakesAndNoticesALostConnection) {
    auto settings = TestCluster::shared().create_migrated_database();
    Database database(settings);
    auto notify = [&](const std::string& payload) {
        return run(database, "notify",
                   [&](pqxx::work& tx) { tx.exec_params("SELECT pg_notify('chan', $1)", payload); });
    };
    Listener listener(settings, {"chan", "other"});
    EXPECT_FALSE(listener.wait(Duration::zero()));
    ASSERT_TRUE(listener.connect());
    EXPECT_TRUE(listener.wait(Duration::zero())->empty());
    ASSERT_TRUE(notify("one"));
    auto heard = listener.wait(std::chrono::seconds(20)).value();
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].channel, "chan");
    EXPECT_EQ(heard[0].payload, "one");
    std::thread waker([&] { listener.wake(); });
    EXPECT_TRUE(listener.wait(std::chrono::hours(1))->empty());
    waker.join();
    TestCluster::shared().stop();
    EXPECT_FALSE(listener.wait(std::chrono::seconds(20)));
    EXPECT_FALSE(listener.connected());
    EXPECT_FALSE(listener.connect());
    TestCluster::shared().start();
    EXPECT_TRUE(listener.connect());
}

} // namespace
} // namespace lazaret::store
