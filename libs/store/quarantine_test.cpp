#include "store/quarantine.hpp"

#include "store/directory.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

namespace lazaret::store {
namespace {

using subscriber::Level;

NewQuarantine block(const std::string& subscriber) {
    NewQuarantine what;
    what.subscriber = subscriber;
    what.reason = "Your computer sends spam";
    what.cause = "bot";
    what.author = "ann";
    return what;
}

TEST(Quarantine, AddListReleaseHistory) {
    Database database(TestCluster::shared().create_migrated_database());
    auto what = block("c1");
    what.level = Level::throttle;
    what.incident = 7;
    what.length = std::chrono::hours(2);
    auto added = add_quarantine(database, what).value();
    EXPECT_GT(added.quarantine.id, 0);
    EXPECT_EQ(added.quarantine.level, Level::throttle);
    EXPECT_EQ(added.quarantine.author, "ann");
    EXPECT_EQ(added.incident, 7);
    EXPECT_EQ(added.quarantine.expiry.value() - added.quarantine.start, std::chrono::hours(2));
    EXPECT_EQ(added.quarantine.token.size(), 32u);
    EXPECT_TRUE(added.active(added.quarantine.start));
    EXPECT_FALSE(added.active(*added.quarantine.expiry));
    auto what_second = block("c2");
    what_second.scope = subscriber::Scope::account;
    what_second.part = "anna@c2.example";
    auto second = add_quarantine(database, what_second).value();
    EXPECT_EQ(second.quarantine.scope, subscriber::Scope::account);
    EXPECT_EQ(second.quarantine.part, "anna@c2.example");
    EXPECT_EQ(second.quarantine.expiry, std::nullopt);
    EXPECT_NE(second.quarantine.token, added.quarantine.token);
    EXPECT_EQ(load_quarantine(database)->size(), 2u);

    auto released = release_quarantine(database, added.quarantine.id, "bob", "cleaned").value();
    ASSERT_EQ(released.size(), 1u);
    EXPECT_EQ(released[0].released_by, "bob");
    EXPECT_EQ(released[0].release_reason, "cleaned");
    EXPECT_TRUE(release_quarantine(database, added.quarantine.id, "bob", "again")->empty());
    EXPECT_EQ(load_quarantine(database)->size(), 1u);
    QuarantineFilter filter;
    filter.subscriber = "c1";
    EXPECT_TRUE(list_quarantine(database, filter)->empty());
    filter.active_only = false;
    EXPECT_EQ(list_quarantine(database, filter)->size(), 1u);
    EXPECT_EQ(find_quarantine(database, second.quarantine.id)->value().quarantine, second.quarantine);
    EXPECT_EQ(find_quarantine_token(database, second.quarantine.token)->value().quarantine.id,
              second.quarantine.id);
    EXPECT_FALSE(find_quarantine(database, 999)->has_value());
    EXPECT_EQ(release_subscriber(database, "c2", "bob", "ok")->size(), 1u);
}

TEST(Quarantine, ExpiredIsNotActive) {
    Database database(TestCluster::shared().create_migrated_database());
    auto what = block("c1");
    what.length = Duration(1);
    ASSERT_TRUE(add_quarantine(database, what));
    EXPECT_TRUE(load_quarantine(database)->empty());
    EXPECT_TRUE(release_subscriber(database, "c1", "bob", "ok")->empty());
}

TEST(Directory, FindsSubscribersByAnyName) {
    Database database(TestCluster::shared().create_migrated_database());
    ASSERT_TRUE(run(database, "fill", [](pqxx::work& tx) {
        tx.exec("INSERT INTO subscriber (id, plan, class) VALUES ('c_1', 'residential', 'dynamic'), ('cx1', "
                "'business', 'static')");
        tx.exec("INSERT INTO account VALUES ('b@example.org', 'c_1', 'v'), ('a@example.org', 'c_1', 'v')");
        tx.exec("INSERT INTO network VALUES ('10.0.0.0/8', 'static', false, 'c_1', NULL), ('10.1.0.0/16', "
                "'static', true, 'cx1', 'unlimited')");
    }));
    auto view = find_subscriber(database, "c_1")->value();
    EXPECT_THAT(view.logins, testing::ElementsAre("a@example.org", "b@example.org"));
    ASSERT_EQ(view.networks.size(), 1u);
    EXPECT_EQ(view.networks[0].block.to_string(), "10.0.0.0/8");
    EXPECT_EQ(find_subscriber(database, "B@Example.org")->value().subscriber.id, "c_1");
    EXPECT_EQ(find_subscriber(database, "10.1.2.3")->value().subscriber.id, "cx1");
    EXPECT_EQ(find_subscriber(database, "10.2.2.3")->value().subscriber.id, "c_1");
    EXPECT_FALSE(find_subscriber(database, "11.2.2.3")->has_value());
    SubscriberFilter filter;
    EXPECT_EQ(list_subscribers(database, filter)->size(), 2u);
    filter.text = "_1"; // a letter like any other
    EXPECT_EQ(list_subscribers(database, filter)->size(), 1u);
    filter.text = "A@ex";
    EXPECT_EQ(list_subscribers(database, filter)->size(), 1u);
    filter = {};
    filter.after = "c_1";
    EXPECT_EQ(list_subscribers(database, filter)->size(), 1u);
    EXPECT_EQ(list_networks(database)->at(1).plan, "unlimited");
    EXPECT_EQ(find_plan(database, "business")->value().messages.per_day, 10000u);
    EXPECT_FALSE(find_plan(database, "nope")->has_value());
}

} // namespace
} // namespace lazaret::store
