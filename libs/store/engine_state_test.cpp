#include "store/engine_state.hpp"

#include "store/log_position.hpp"
#include "store/outbox.hpp"
#include "store/quarantine.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace lazaret::store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class EngineStateTest : public testing::Test {
  protected:
    EngineStateTest() : settings(TestCluster::shared().create_migrated_database()) {
        owner.emplace(settings);
        settings.role = "lazaret_engine";
        engine.emplace(settings);
        guard.emplace(settings);
        batch.term = become_engine(*guard).value().value();
        batch.node = "n1";
        response.confine_for = 1h;
        response.notice = [this](const Outcome& outcome) {
            Notice notice;
            notice.webhook_id = "id" + std::to_string(++notices);
            notice.type = outcome.opened ? "incident.opened" : "incident.updated";
            notice.body = "{}";
            return notice;
        };
    }
    static Conviction conviction(const std::string& subscriber) {
        Conviction c;
        c.subscriber = subscriber;
        c.cause = "bot";
        c.summary = "why";
        c.evidence = R"([{"kind":"content"}])";
        c.at = now();
        c.confine = true;
        c.reason = "for the subscriber";
        return c;
    }
    Result<std::vector<Outcome>> commit(std::vector<Conviction> convictions) {
        batch.convictions = std::move(convictions);
        auto done = commit_batch(*engine, batch, response);
        if (done) batch.after = batch.upto++;
        return done;
    }
    void sql(const std::string& text) {
        const auto done = run(*owner, "prepare", [&](pqxx::work& tx) { tx.exec(text); });
        ASSERT_TRUE(done) << done.error().message;
    }
    DatabaseSettings settings;
    std::optional<Database> owner, engine, guard;
    EngineBatch batch;
    Response response;
    int notices = 0;
};

TEST_F(EngineStateTest, an_incident_is_opened_once_and_tickets_are_coalesced) {
    const auto first = commit({conviction("a")}).value().at(0);
    EXPECT_TRUE(first.opened);
    EXPECT_TRUE(first.confined);
    auto again = conviction("a");
    again.score = 99;
    const auto second = commit({again}).value().at(0);
    EXPECT_FALSE(second.opened);
    EXPECT_FALSE(second.confined);
    EXPECT_EQ(second.guard, Guard::already_confined);
    EXPECT_EQ(second.incident.id, first.incident.id);
    EXPECT_EQ(notices, 1);
    EXPECT_EQ(find_incident(*engine, first.incident.id).value()->score, 99);
    EXPECT_FALSE(find_incident(*engine, 4711).value());
    EXPECT_EQ(list_incidents(*engine, {}).value().size(), 1u);
    response.update_interval = Duration::zero();
    ASSERT_TRUE(commit({again}));
    EXPECT_EQ(notices, 2);
}

TEST_F(EngineStateTest, a_batch_happens_whole_or_not_at_all) {
    SavedState state;
    state.subscriber = "a \"quoted\" \\ id";
    state.state = R"({"v":1,"text":"a \"b\" \\ c"})";
    state.at = now();
    batch.states = {state};
    auto broken = conviction("a");
    broken.evidence = "not json";
    EXPECT_FALSE(commit({conviction("b"), broken}));
    EXPECT_FALSE(load_state(*engine, state.subscriber).value());
    EXPECT_TRUE(load_cursors(*engine).value().empty());
    EXPECT_TRUE(list_incidents(*engine, {}).value().empty());
    EXPECT_TRUE(list_quarantine(*engine, {}).value().empty());
    EXPECT_EQ(outbox_depth(*engine).value().pending, 0u);

    batch.upto = 7;
    ASSERT_TRUE(commit({}));
    EXPECT_EQ(load_cursors(*engine).value().at("n1"), 7u);
    EXPECT_EQ(load_subjects(*engine, {state.subscriber}).value().at(0).state,
              load_state(*engine, state.subscriber).value()->state);
}

TEST_F(EngineStateTest, a_cursor_that_is_elsewhere_stops_the_batch) {
    batch.upto = 5;
    ASSERT_TRUE(commit({}));
    batch.after = 3;
    const auto refused = commit({conviction("a")});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("elsewhere"));
    EXPECT_FALSE(refused.error().transient);
}

TEST_F(EngineStateTest, knows_what_kind_of_subscriber_it_meets) {
    sql("INSERT INTO subscriber (id, plan, class, is_protected) VALUES ('c1', 'business', 'business', true)");
    sql("INSERT INTO network (block, class, relay) VALUES ('192.0.2.0/24', 'static', true), ('192.0.2.7', "
        "'trusted', true), ('2001:db8::/32', 'business', true)");
    auto subjects =
        load_subjects(*engine, {"c1", "new", "addr:192.0.2.1", "addr:192.0.2.7", "addr:2001:db8::/64",
                                "addr:nonsense"})
            .value();
    std::map<std::string, EngineSubject> by_id;
    for (const auto& subject : subjects)
        by_id[subject.subscriber] = subject;
    ASSERT_EQ(by_id.size(), 6u);
    EXPECT_EQ(by_id["c1"].klass, subscriber::Class::business);
    EXPECT_TRUE(by_id["c1"].is_protected);
    EXPECT_EQ(by_id["new"].klass, subscriber::Class::dynamic);
    EXPECT_EQ(by_id["addr:192.0.2.1"].klass, subscriber::Class::fixed);
    EXPECT_EQ(by_id["addr:192.0.2.7"].klass, subscriber::Class::trusted);
    EXPECT_EQ(by_id["addr:2001:db8::/64"].klass, subscriber::Class::business);
    EXPECT_EQ(by_id["addr:nonsense"].klass, subscriber::Class::dynamic);
}

TEST_F(EngineStateTest, incidents_close_when_their_confinement_ends_or_nothing_comes) {
    auto watched = conviction("watched");
    watched.confine = false;
    ASSERT_TRUE(commit({conviction("a"), watched}));
    EXPECT_TRUE(close_incidents(*engine, batch.term, 24h, response.notice).value().empty());
    ASSERT_TRUE(release_subscriber(*owner, "a", "op", "cleaned"));
    auto closed = close_incidents(*engine, batch.term, 24h, response.notice).value();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].incident.subscriber, "a");
    EXPECT_FALSE(closed[0].incident.is_open);
    closed = close_incidents(*engine, batch.term, Duration::zero(), response.notice).value();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].incident.subscriber, "watched");
    EXPECT_FALSE(close_incidents(*engine, batch.term + 1, 24h, response.notice));
}

TEST_F(EngineStateTest, a_log_has_one_reader) {
    LogBatch log;
    log.log = "/var/log/mail.log";
    log.node = "postfix:mail.log";
    log.position.inode = 1;
    log.position.offset = 100;
    log.position.sequence = 1;
    event::Event event;
    event.type = event::Type::delivery_result;
    event.at = now();
    event.sequence = 1;
    event.subscriber = "a";
    log.events = {event};
    PendingDelivery pending;
    pending.trace = TraceId::make(now());
    pending.seen_at = now();
    pending.result = "{}";
    log.add = {pending, pending};
    const auto ids = commit_log(*engine, log).value();
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_EQ(load_log_position(*engine, log.log).value(), log.position);
    EXPECT_EQ(load_pending(*engine, log.log).value().size(), 2u);
    EXPECT_FALSE(commit_log(*engine, log)) << "the position is not where this reader began";
    log.before = log.position;
    log.events.clear();
    log.add.clear();
    log.remove = {ids[0]};
    ASSERT_TRUE(commit_log(*engine, log));
    EXPECT_EQ(load_pending(*engine, log.log).value().at(0).id, ids[1]);
    EXPECT_TRUE(load_pending(*engine, "/another").value().empty());
}

TEST_F(EngineStateTest, a_claimed_message_comes_back_when_its_lease_ends) {
    ASSERT_TRUE(commit({conviction("a")}));
    const auto claimed = claim_outbox(*engine, 10, 1h).value();
    ASSERT_EQ(claimed.size(), 1u);
    EXPECT_EQ(claimed[0].attempts, 1);
    EXPECT_TRUE(claim_outbox(*engine, 10, 1h).value().empty());
    ASSERT_TRUE(outbox_failed(*engine, claimed[0].id, std::string("no\0 paper", 9), Duration::zero()));
    const auto again = claim_outbox(*engine, 10, Duration::zero()).value();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].webhook_id, claimed[0].webhook_id);
    EXPECT_EQ(claim_outbox(*engine, 10, 1h).value().at(0).attempts, 3);
    ASSERT_TRUE(outbox_dead(*engine, claimed[0].id, "gone"));
    EXPECT_EQ(outbox_depth(*engine).value().pending, 0u);
}

} // namespace
} // namespace lazaret::store
