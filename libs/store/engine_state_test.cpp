#include "store/engine_state.hpp"

#include "store/events.hpp"
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
        batch.engine = "test";
        batch.shards = share_shards(*guard, batch.engine, {}).value();
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
        if (!done) return done.error();
        batch.after = batch.upto++;
        return std::move(done->outcomes);
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

TEST_F(EngineStateTest, what_comes_before_a_confinement_holds_is_the_same_incident) {
    const auto first = commit({conviction("a")}).value().at(0);
    auto other = conviction("a");
    other.cause = "runaway";
    const auto second = commit({other}).value().at(0);
    EXPECT_FALSE(second.opened);
    EXPECT_EQ(second.incident.id, first.incident.id);
    EXPECT_EQ(second.incident.cause, "bot");
}

TEST_F(EngineStateTest, a_login_is_confined_and_later_the_rest) {
    auto mailbox = conviction("a");
    mailbox.cause = "stolen_account";
    mailbox.scope = subscriber::Scope::account;
    mailbox.part = "anna@a.example";
    EXPECT_TRUE(commit({mailbox}).value().at(0).confined);
    EXPECT_EQ(commit({mailbox}).value().at(0).guard, Guard::already_confined);
    auto other = mailbox;
    other.part = "bert@a.example";
    EXPECT_TRUE(commit({other}).value().at(0).confined);
    const auto rest = commit({conviction("a")}).value().at(0);
    EXPECT_TRUE(rest.confined);
    EXPECT_EQ(rest.quarantine->scope, subscriber::Scope::everything);
    EXPECT_EQ(commit({other}).value().at(0).guard, Guard::already_confined);
    EXPECT_EQ(list_quarantine(*engine, {})->size(), 3u);
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
    const auto cursors = load_cursors(*engine).value().at("n1");
    EXPECT_EQ(cursors.size(), static_cast<std::size_t>(shard_count));
    EXPECT_EQ(cursors.at(15), 7u);
    EXPECT_EQ(load_subjects(*engine, {state.subscriber}).value().at(0).state,
              load_state(*engine, state.subscriber).value()->state);
}

TEST_F(EngineStateTest, a_ticket_knows_the_newest_exhibits_of_its_subscriber) {
    std::vector<event::Event> events;
    for (const char* who : {"a", "a", "b", "a"}) {
        event::Event e;
        e.sequence = events.size() + 1;
        e.at = now() + Duration(events.size());
        e.trace = TraceId::make(e.at);
        e.subscriber = who;
        e.exhibit.emplace();
        e.exhibit->header = std::to_string(e.sequence);
        events.push_back(std::move(e));
    }
    ASSERT_TRUE(write_events(*owner, "mx1", events));
    std::vector<std::string> told;
    response.notice = [&](const Outcome& outcome) {
        for (const auto& exhibit : outcome.exhibits) told.push_back(exhibit.exhibit.header);
        return Notice{"id", "incident.opened", "{}"};
    };
    ASSERT_TRUE(commit({conviction("a")}));
    EXPECT_THAT(told, testing::ElementsAre("4", "2"));
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
    EXPECT_TRUE(close_incidents(*engine, batch.engine, 24h, response.notice).value().empty());
    ASSERT_TRUE(release_subscriber(*owner, "a", "op", "cleaned"));
    auto closed = close_incidents(*engine, batch.engine, 24h, response.notice).value();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].incident.subscriber, "a");
    EXPECT_FALSE(closed[0].incident.is_open);
    closed = close_incidents(*engine, batch.engine, Duration::zero(), response.notice).value();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].incident.subscriber, "watched");
    EXPECT_FALSE(close_incidents(*engine, "another", 24h, response.notice));
}

TEST_F(EngineStateTest, what_several_send_alike_is_one_incident) {
    auto first = conviction("a");
    first.campaign = 0xff00ff00ff00ff00;
    const auto opened = commit({first}).value().at(0);
    EXPECT_TRUE(opened.opened);
    auto second = conviction("b"), third = conviction("c"), apart = conviction("d");
    second.campaign = third.campaign = first.campaign ^ 0x11;
    third.joins = second.joins = apart.joins = true;
    second.cause = "campaign";
    second.evidence = R"([{"kind":"null_sender"}])";
    apart.campaign = ~first.campaign;
    const auto outcomes = commit({second, third, apart}).value();
    EXPECT_TRUE(outcomes[0].joined);
    EXPECT_TRUE(outcomes[0].confined);
    EXPECT_EQ(outcomes[0].subscriber, "b");
    EXPECT_EQ(outcomes[1].incident.id, opened.incident.id);
    EXPECT_THAT(outcomes[1].incident.members, testing::ElementsAre("a", "b", "c"));
    EXPECT_EQ(outcomes[1].incident.cause, "campaign");
    EXPECT_THAT(outcomes[1].incident.summary, HasSubstr("3 subscribers"));
    EXPECT_TRUE(outcomes[2].opened);
    EXPECT_NE(outcomes[2].incident.id, opened.incident.id);
    EXPECT_EQ(notices, 4);

    IncidentFilter of_c;
    of_c.subscriber = "c";
    EXPECT_EQ(list_incidents(*engine, of_c).value().at(0).id, opened.incident.id);
    EXPECT_EQ(list_members(*engine, opened.incident.id, 10).value().size(), 3u);
    EXPECT_EQ(find_member(*engine, opened.incident.id, "b").value()->summary, "why");
    EXPECT_THAT(find_member(*engine, opened.incident.id, "b").value()->evidence, HasSubstr("null_sender")) << "its own";
    EXPECT_THAT(find_member(*engine, opened.incident.id, "a").value()->evidence, HasSubstr("content"));
    EXPECT_FALSE(find_member(*engine, opened.incident.id, "d").value());
    EXPECT_FALSE(commit({second}).value().at(0).joined) << "named already";

    ASSERT_TRUE(release_subscriber(*owner, "a", "op", "cleaned"));
    ASSERT_TRUE(release_subscriber(*owner, "b", "op", "cleaned"));
    EXPECT_TRUE(close_incidents(*engine, batch.engine, 24h, response.notice).value().empty()) << "c is confined still";
    ASSERT_TRUE(release_subscriber(*owner, "c", "op", "cleaned"));
    EXPECT_EQ(close_incidents(*engine, batch.engine, 24h, response.notice).value().size(), 1u);
}

TEST_F(EngineStateTest, the_first_of_two_campaigns_may_be_in_both) {
    auto bot = conviction("a"), other = conviction("a"), second = conviction("b");
    bot.confine = other.confine = second.confine = false;
    bot.campaign = second.campaign = 0x123456789abcdef0;
    other.campaign = ~bot.campaign;
    other.cause = "campaign";
    second.joins = true;
    const auto incidents = commit({bot, other}).value();
    EXPECT_NE(incidents[0].incident.id, incidents[1].incident.id);
    const auto joined = commit({second});
    ASSERT_TRUE(joined) << joined.error().message;
    EXPECT_EQ(joined->at(0).incident.id, incidents[0].incident.id);
    EXPECT_EQ(joined->at(0).incident.cause, "bot") << "of each subscriber one incident of a cause is open";
}

TEST_F(EngineStateTest, a_campaign_is_told_by_a_name_in_its_messages_too) {
    Conviction first = conviction("a"), second = conviction("b"), other = conviction("c");
    first.names = {7, 0xf000000000000009};
    const auto opened = commit({first}).value().at(0);
    second.shared_name = 0xf000000000000009;
    second.shared = "link host";
    second.joins = true;
    const auto joined = commit({second}).value().at(0);
    EXPECT_TRUE(joined.joined);
    EXPECT_EQ(joined.incident.id, opened.incident.id);
    EXPECT_EQ(joined.incident.summary.find("the same link host from 2 subscribers, lately b: "), 0u) << joined.incident.summary;
    other.shared_name = 8;
    other.joins = true;
    EXPECT_TRUE(commit({other}).value().at(0).opened) << "a name that no open incident has";
    Conviction last = conviction("d");
    last.shared_name = 8;
    last.joins = true;
    EXPECT_TRUE(commit({last}).value().at(0).joined) << "from then on one has it";
}

TEST_F(EngineStateTest, campaigns_add_up_over_engines) {
    CampaignRow row;
    row.fingerprint = 0xf000000000000001;
    row.day = 20'000;
    row.kind = 2;
    row.many_senders = 1;
    row.spreaders = 0x8000000000000001;
    row.failed = 1;
    row.results = 4;
    batch.campaigns = {row};
    const auto before = load_campaigns(*engine, Time{}).value().until;
    ASSERT_TRUE(commit({}));
    batch.campaigns[0].spreaders = 6;
    const auto total = commit_batch(*engine, batch, response).value().campaigns.at(0);
    EXPECT_EQ(total.fingerprint, row.fingerprint);
    EXPECT_EQ(total.spreaders, 0x8000000000000007);
    EXPECT_EQ(total.kind, 2);
    EXPECT_EQ(total.many_senders, 1u);
    EXPECT_EQ(total.failed, 2);
    const auto changes = load_campaigns(*engine, before).value();
    ASSERT_EQ(changes.rows.size(), 1u);
    EXPECT_EQ(changes.rows[0].results, 8);
    EXPECT_GT(changes.until, before);
    ASSERT_TRUE(forget_campaigns(*engine, 20'001));
    EXPECT_TRUE(load_campaigns(*engine, Time{}).value().rows.empty());
}

TEST_F(EngineStateTest, engines_share_the_shards_fairly) {
    Database two(settings), three(settings);
    auto ours = batch.shards;
    EXPECT_EQ(ours.size(), 16u);
    EXPECT_TRUE(share_shards(two, "two", {}).value().empty()) << "until the first gives some away";
    ours = share_shards(*guard, batch.engine, ours).value();
    EXPECT_EQ(ours.size(), 8u);
    auto others = share_shards(two, "two", {}).value();
    EXPECT_EQ(others.size(), 8u);
    EXPECT_TRUE(share_shards(three, "three", {}).value().empty());
    ours = share_shards(*guard, batch.engine, ours).value();
    others = share_shards(two, "two", others).value();
    EXPECT_EQ(ours.size() + others.size() + share_shards(three, "three", {}).value().size(), 16u);
    three.disconnect();
    two.disconnect();
    while (ours.size() < 16) // the server takes a moment to notice
        ours = share_shards(*guard, batch.engine, ours).value();
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
