#include "store/migrate.hpp"

#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lazaret::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

DatabaseSettings as(DatabaseSettings settings, const std::string& role) {
    settings.role = role;
    return settings;
}

TEST(Migrate, BuiltInStepsAreAppliedOnce) {
    Database owner(TestCluster::shared().create_database());
    EXPECT_EQ(schema_version(owner).value(), 0);
    auto first = migrate(owner, Roles());
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->applied.size(), migrations().size());
    EXPECT_EQ(first->applied.front(), "0001_initial.sql");
    auto second = migrate(owner, Roles());
    ASSERT_TRUE(second);
    EXPECT_THAT(second->applied, IsEmpty());
    EXPECT_EQ(second->version, migrations().back().version);
    EXPECT_EQ(schema_version(owner).value(), migrations().back().version);
}

TEST(Migrate, AFailedStepLeavesTheEarlierOnes) {
    Database owner(TestCluster::shared().create_database());
    std::vector<Migration> steps{{1, "0001_a.sql", "CREATE TABLE a (n integer)"},
                                 {2, "0002_b.sql", "CREATE TABLE b (n integer); SELECT 1/0"}};
    auto done = migrate(owner, Roles(), steps);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("cannot apply 0002_b.sql: division by zero"));
    EXPECT_FALSE(done.error().transient);
    EXPECT_EQ(schema_version(owner).value(), 1);
    steps[1].sql = "CREATE TABLE b (n integer)";
    EXPECT_THAT(migrate(owner, Roles(), steps)->applied, ElementsAre("0002_b.sql"));
}

TEST(Migrate, RefusesEditedAndUnknownSteps) {
    Database owner(TestCluster::shared().create_database());
    std::vector<Migration> steps{{1, "0001_a.sql", "CREATE TABLE a (n integer)"},
                                 {2, "0002_b.sql", "CREATE TABLE b (n integer)"}};
    ASSERT_TRUE(migrate(owner, Roles(), steps));
    auto edited = steps;
    edited[0].sql = "CREATE TABLE a (n bigint)";
    EXPECT_THAT(migrate(owner, Roles(), edited).error().message, HasSubstr("0001_a.sql has changed"));
    steps.pop_back();
    EXPECT_THAT(migrate(owner, Roles(), steps).error().message,
                HasSubstr("0002_b.sql, which this program does not know"));
}

TEST(Migrate, TwoAtOnceWaitForEachOther) {
    auto settings = TestCluster::shared().create_database();
    std::vector<Migration> steps;
    for (int i = 1; i <= 5; ++i)
        steps.push_back({i, "000x_slow.sql", ""});
    std::vector<std::string> sql;
    for (int i = 1; i <= 5; ++i)
        sql.push_back("SELECT pg_sleep(0.02); CREATE TABLE t" + std::to_string(i) + " (n integer)");
    for (int i = 0; i < 5; ++i)
        steps[static_cast<std::size_t>(i)].sql = sql[static_cast<std::size_t>(i)];
    std::vector<Result<MigrateSummary>> results(3, Result<MigrateSummary>(Error("not run")));
    std::vector<std::thread> threads;
    for (auto& result : results)
        threads.emplace_back([&] {
            Database owner(settings);
            result = migrate(owner, Roles(), steps);
        });
    for (auto& thread : threads)
        thread.join();
    std::size_t applied = 0;
    for (auto& result : results) {
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->version, 5);
        applied += result->applied.size();
    }
    EXPECT_EQ(applied, 5u);
}

TEST(Migrate, RolesMayHaveOtherNames) {
    auto settings = TestCluster::shared().create_database();
    Database owner(settings);
    Roles roles;
    roles.submission = "Mail Front";
    ASSERT_TRUE(migrate(owner, roles));
    Database front(as(settings, "Mail Front"));
    EXPECT_TRUE(run(front, "read", [](pqxx::work& tx) { tx.exec("SELECT * FROM account"); }));
}

TEST(Migrate, EachRoleMayDoItsWorkAndNoMore) {
    auto settings = TestCluster::shared().create_migrated_database();
    struct Case {
        const char* role;
        const char* sql;
        bool allowed;
    };
    const Case cases[] = {
        {"lazaret_submission", "SELECT verifier FROM account", true},
        {"lazaret_submission", "INSERT INTO event (node, sequence, at, type) VALUES ('n', 1, now(), 't')",
         true},
        {"lazaret_submission", "SELECT ensure_event_partition(current_date)", true},
        {"lazaret_submission", "DELETE FROM event", false},
        {"lazaret_submission", "UPDATE account SET verifier = ''", false},
        {"lazaret_submission",
         "INSERT INTO quarantine (subscriber, level, reason, author, token) VALUES ('a','block','','','')",
         false},
        {"lazaret_submission", "SELECT * FROM incident", false},
        {"lazaret_engine", "SELECT * FROM account", false},
        {"lazaret_engine", "UPDATE subscriber SET class = 'trusted'", false},
        {"lazaret_engine",
         "INSERT INTO quarantine (subscriber, level, reason, author, token) VALUES ('a','block','','','e')",
         true},
        {"lazaret_engine", "DELETE FROM quarantine", false},
        {"lazaret_cli", "SELECT verifier FROM account", false},
        {"lazaret_cli", "SELECT login, subscriber FROM account", true},
        {"lazaret_cli", "DELETE FROM event", false},
        {"lazaret_cli", "DROP TABLE event", false},
    };
    for (const Case& c : cases) {
        Database database(as(settings, c.role));
        auto done = run(database, "try", [&](pqxx::work& tx) { tx.exec(c.sql); });
        EXPECT_EQ(bool(done), c.allowed)
            << c.role << ": " << c.sql << (done ? "" : ": " + done.error().message);
    }
}

TEST(Migrate, EventPartitionsAreDaysOfUtcAndBrokenClocksLoseNothing) {
    Database owner(TestCluster::shared().create_migrated_database());
    auto done = run(owner, "try", [&](pqxx::work& tx) {
        tx.exec("SET LOCAL timezone = 'Pacific/Auckland'");
        tx.exec("SELECT ensure_event_partition(d) FROM (VALUES (current_date), (current_date), (DATE "
                "'1970-01-01')) AS days(d)");
        tx.exec(
            "INSERT INTO event (node, sequence, at, type) VALUES"
            " ('n', 1, current_date::text::timestamp AT TIME ZONE 'UTC', 't'), ('n', 2, '1970-01-01', 't')");
        EXPECT_EQ(tx.exec1("SELECT count(*) FROM event_default")[0].as<int>(), 1);
        EXPECT_EQ(tx.exec1("SELECT count(*) FROM event")[0].as<int>(), 2);
    });
    EXPECT_TRUE(done) << done.error().message;
}

TEST(Migrate, EventPartitionsAreMadeAheadAndNeverWaitForAReader) {
    auto settings = TestCluster::shared().create_migrated_database();
    Database owner(settings), reader(settings);
    auto done = run(owner, "prepare", [&](pqxx::work& tx) {
        EXPECT_EQ(tx.exec1("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass")[0].as<int>(), 9);
    });
    ASSERT_TRUE(done) << done.error().message;
    done = run(reader, "read", [&](pqxx::work& tx) {
        tx.exec("SELECT FROM event");
        const auto wrote = run(owner, "write", [&](pqxx::work& other) {
            other.exec("SELECT ensure_event_partition(current_date - 9)");
            other.exec("INSERT INTO event (node, sequence, at, type) VALUES ('n', 1, (current_date - 9)::text::timestamp"
                       " AT TIME ZONE 'UTC', 't')");
        });
        EXPECT_TRUE(wrote) << wrote.error().message;
    });
    ASSERT_TRUE(done) << done.error().message;
    done = run(owner, "look", [&](pqxx::work& tx) {
        tx.exec("SELECT ensure_event_partition(current_date - 9)"); // too late for that day, and no error
        EXPECT_EQ(tx.exec1("SELECT count(*) FROM event_default")[0].as<int>(), 1);
    });
    EXPECT_TRUE(done) << done.error().message;
}

} // namespace
} // namespace lazaret::store
