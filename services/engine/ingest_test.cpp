#include "engine/ingest.hpp"

#include "engine/test_support.hpp"
#include "event/name_hash.hpp"
#include "store/incidents.hpp"
#include "store/outbox.hpp"
#include "store/quarantine.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace lazaret::engine {
namespace {

using namespace test;

class IngestTest : public DatabaseTest {
  protected:
    IngestSettings settings() {
        IngestSettings s;
        s.database = as_engine;
        s.policy.confine_for = 24h;
        s.policy.tickets = true;
        s.policy.node = "test";
        s.tick = 100ms;
        s.close_every = 20ms;
        return s;
    }
    void write(std::vector<event::Event> events, const std::string& node = "n1") {
        for (auto& event : events)
            event.sequence = ++sequences[node];
        const auto done = store::write_events(*database, node, events);
        ASSERT_TRUE(done) << done.error().message;
    }
    /// Enough for a conviction.
    std::vector<event::Event> outbreak(const std::string& subscriber, Time from) {
        std::vector<event::Event> events;
        for (int i = 0; i < 12; ++i) {
            events.push_back(refused(subscriber, from + i * 10ms));
            events.push_back(relayed(subscriber, from + i * 10ms + 1ms));
            events.back().recipients.front().hash = static_cast<std::uint64_t>(i + 1);
            events.push_back(bounced(events.back(), from + i * 10ms + 2ms));
        }
        return events;
    }
    std::vector<store::QuarantineRecord> quarantines(bool active_only = true) {
        store::QuarantineFilter filter;
        filter.active_only = active_only;
        return store::list_quarantine(*database, filter).value();
    }
    std::vector<store::IncidentRecord> incidents(bool open_only = true) {
        store::IncidentFilter filter;
        filter.open_only = open_only;
        return store::list_incidents(*database, filter).value();
    }
    std::vector<std::string> notices() {
        return store::run(*database, "read the outbox",
                          [](pqxx::work& tx) {
                              std::vector<std::string> bodies;
                              for (const auto& row : tx.exec("SELECT body FROM outbox ORDER BY id"))
                                  bodies.push_back(row[0].c_str());
                              return bodies;
                          })
            .value();
    }
    void sql(const std::string& statement) {
        ASSERT_TRUE(store::run(*database, "prepare", [&](pqxx::work& tx) { tx.exec(statement); }));
    }
    bool is_done(const std::string& node = "n1") {
        const auto cursors = store::load_cursors(*database).value();
        const auto found = cursors.find(node);
        if (found == cursors.end() || found->second.size() < store::shard_count) return false;
        return std::all_of(found->second.begin(), found->second.end(),
                           [&](const auto& shard) { return shard.second == sequences[node]; });
    }
    std::string state_of(const std::string& subscriber) {
        const auto saved = store::load_state(*database, subscriber).value();
        return saved ? nlohmann::json::parse(saved->state).dump() : "";
    }
    std::map<std::string, std::uint64_t> sequences;
};

TEST_F(IngestTest, a_bot_is_confined_ticketed_and_explained) {
    Ingest ingest(settings());
    ingest.start();
    write({relayed("good", now())});
    write(outbreak("bot", now()));
    ASSERT_TRUE(eventually([&] { return !quarantines().empty(); }));
    ASSERT_TRUE(eventually([&] { return is_done(); }));

    const auto confined = quarantines();
    ASSERT_EQ(confined.size(), 1u);
    EXPECT_EQ(confined[0].quarantine.subscriber, "bot");
    EXPECT_EQ(confined[0].quarantine.level, subscriber::Level::block);
    EXPECT_EQ(confined[0].quarantine.author, "engine");
    EXPECT_EQ(confined[0].quarantine.cause, "bot");
    EXPECT_TRUE(confined[0].quarantine.expiry);
    EXPECT_THAT(confined[0].quarantine.reason, testing::HasSubstr("spam"));
    const auto open = incidents();
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(confined[0].incident, open[0].id);
    EXPECT_GE(open[0].score, open[0].threshold);
    EXPECT_GE(nlohmann::json::parse(open[0].evidence).size(), 2u);
    const auto told = notices();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(nlohmann::json::parse(told[0])["data"]["quarantine"]["level"], "block");
    EXPECT_EQ(state_of("bot").find("evidence"), std::string::npos) << "what led to a confinement is used up";
}

TEST_F(IngestTest, who_loses_mail_by_a_mistake_is_told_and_goes_on) {
    Ingest ingest(settings());
    ingest.start();
    std::vector<event::Event> events;
    for (int i = 0; i < 12; ++i) {
        events.push_back(relayed("shop", now() - 1h + i * 1s));
        auto lost = bounced(events.back(), events.back().at + 1ms);
        lost.enhanced = "5.7.1";
        lost.reason = "host mx.example.net[192.0.2.9] said: 550 5.7.1 rejected by DMARC policy for shop.example";
        events.push_back(std::move(lost));
    }
    write(events);
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    const auto open = incidents();
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].cause, "policy_mistake");
    EXPECT_TRUE(quarantines().empty());
    ASSERT_EQ(notices().size(), 1u) << "updates within five minutes are one ticket";
    const auto data = nlohmann::json::parse(notices()[0])["data"];
    EXPECT_EQ(data["severity"], "warning");
    EXPECT_THAT(data["advice"].get<std::string>(), testing::HasSubstr("SPF"));
}

TEST_F(IngestTest, two_stolen_logins_in_one_batch_are_both_confined) {
    std::vector<event::Event> events;
    const auto from = now() - 1h;
    for (int i = 0; i < 400; ++i) {
        events.push_back(relayed("firm", from + i * 1s));
        events.back().account = "clerk" + std::to_string(i % 20) + "@firm.example";
    }
    for (int times = 0; times < 3; ++times)
        for (const char* account : {"ann@firm.example", "bob@firm.example"})
            for (auto& event : outbreak("firm", now() - 1s)) {
                event.account = account;
                events.push_back(event);
            }
    write(events);
    Ingest ingest(settings());
    ingest.start();
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    std::vector<std::string> parts;
    for (const auto& each : quarantines()) parts.push_back(each.quarantine.part);
    EXPECT_THAT(parts, testing::UnorderedElementsAre("ann@firm.example", "bob@firm.example"));
}

TEST_F(IngestTest, what_waited_is_taken_in_the_order_of_time_whoever_it_came_from) {
    const auto s = settings();
    const detect::Detector detector(s.detection);
    detect::State expected{detect::profile_of(subscriber::Class::dynamic)};
    detect::Campaigns campaigns;
    std::vector<event::Event> messages, results;
    for (int hour = 20; hour > 0; --hour) {
        messages.push_back(relayed("a", now() - hour * 1h));
        messages.back().recipients.front().hash = static_cast<std::uint64_t>(hour);
        detector.feed(expected, campaigns, messages.back());
        results.push_back(bounced(messages.back(), messages.back().at + 2s));
        if (hour > 5) results.back().delivery = event::DeliveryStatus::sent;
        detector.feed(expected, campaigns, results.back());
    }
    write(messages, "n1");
    write(results, "n1:postfix");
    Ingest ingest(s);
    ingest.start();
    ASSERT_TRUE(eventually([&] { return is_done("n1") && is_done("n1:postfix"); }));
    const auto saved = detect::from_json(state_of("a")).value();
    const auto at = now();
    EXPECT_NEAR(detector.assess(saved, at).score, detector.assess(expected, at).score, 0.01);
    EXPECT_NEAR(saved.failing.trials, expected.failing.trials, 0.01);
}

TEST_F(IngestTest, restarts_at_any_point_change_nothing) {
    // Without confinement, so that the state shows every event there was.
    auto s = settings();
    s.policy.confine = config::Mode::warn;
    s.batch = 7;
    const Time from = now() - 1min;
    const auto events = outbreak("bot", from);
    for (std::size_t at = 0; at < events.size(); at += 5) {
        Ingest ingest(s);
        ingest.start();
        write({events.begin() + static_cast<std::ptrdiff_t>(at),
               events.begin() + static_cast<std::ptrdiff_t>(std::min(at + 5, events.size()))});
        if (at % 2 == 0) {
            ASSERT_TRUE(eventually([&] { return is_done(); }));
        }
    }
    Ingest last(s);
    last.start();
    ASSERT_TRUE(eventually([&] { return is_done(); }));

    detect::Detector detector(s.detection);
    detect::State expected = detect::State(detect::profile_of(subscriber::Class::dynamic));
    detect::Campaigns campaigns;
    for (const auto& event : events)
        detector.feed(expected, campaigns, event);
    const auto saved = detect::from_json(state_of("bot")).value();
    EXPECT_EQ(saved.messages, expected.messages);
    EXPECT_EQ(saved.volume > 0, true);
    EXPECT_NEAR(detector.assess(saved, from + 1s).score, detector.assess(expected, from + 1s).score, 0.01);
    EXPECT_EQ(incidents().size(), 1u);
    EXPECT_EQ(notices().size(), 1u) << "updates within five minutes are one ticket";
}

TEST_F(IngestTest, a_protected_subscriber_gets_a_ticket_only) {
    sql("INSERT INTO subscriber (id, plan, class, is_protected) VALUES ('hospital', 'business', 'business', "
        "true)");
    Ingest ingest(settings());
    ingest.start();
    std::vector<event::Event> events = outbreak("hospital", now());
    for (int i = 0; i < 3; ++i) {
        const auto more = outbreak("hospital", now());
        events.insert(events.end(), more.begin(), more.end());
    }
    write(events);
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_EQ(incidents().size(), 1u);
    EXPECT_TRUE(quarantines().empty());
    ASSERT_EQ(notices().size(), 1u);
    EXPECT_EQ(nlohmann::json::parse(notices()[0])["data"]["needs_human"], true);
}

TEST_F(IngestTest, warn_means_tickets_only_and_off_means_nothing) {
    auto s = settings();
    s.policy.confine = config::Mode::off;
    {
        Ingest ingest(s);
        ingest.start();
        write(outbreak("a", now()));
        ASSERT_TRUE(eventually([&] { return is_done(); }));
    }
    EXPECT_TRUE(incidents().empty());
    s.policy.confine = config::Mode::warn;
    Ingest ingest(s);
    ingest.start();
    write(outbreak("b", now()));
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_EQ(incidents().size(), 1u);
    EXPECT_TRUE(quarantines().empty());
}

TEST_F(IngestTest, beyond_the_hourly_number_a_human_is_asked) {
    auto s = settings();
    s.policy.max_confinements_per_hour = 2;
    Ingest ingest(s);
    ingest.start();
    for (const char* who : {"a", "b", "c", "d"})
        write(outbreak(who, now()));
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_EQ(quarantines().size(), 2u);
    EXPECT_EQ(incidents().size(), 4u);
    int asked = 0;
    for (const auto& body : notices())
        asked += nlohmann::json::parse(body)["data"]["needs_human"].get<bool>();
    EXPECT_EQ(asked, 1) << "for all";
    EXPECT_EQ(notices().size(), 3u);
}

TEST_F(IngestTest, old_evidence_opens_an_incident_but_confines_nobody) {
    Ingest ingest(settings());
    ingest.start();
    write(outbreak("was-ill", now() - 25h));
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_EQ(incidents().size(), 1u);
    EXPECT_TRUE(quarantines().empty());
}

TEST_F(IngestTest, a_release_closes_the_incident_and_a_relapse_opens_another) {
    Ingest ingest(settings());
    ingest.start();
    write(outbreak("bot", now()));
    ASSERT_TRUE(eventually([&] { return !quarantines().empty(); }));
    ASSERT_TRUE(store::release_subscriber(*database, "bot", "op", "cleaned"));
    ASSERT_TRUE(eventually([&] { return incidents().empty(); }));
    EXPECT_EQ(nlohmann::json::parse(notices().back())["data"]["action"], "resolved");
    write(outbreak("bot", now() + 3s));
    ASSERT_TRUE(eventually([&] { return !quarantines().empty(); }));
    EXPECT_EQ(incidents(false).size(), 2u);
}

TEST_F(IngestTest, events_without_subscriber_and_own_refusals_leave_no_trace) {
    Ingest ingest(settings());
    ingest.start();
    std::vector<event::Event> events;
    for (int i = 0; i < 100; ++i) {
        events.push_back(refused("", now()));
        events.push_back(refused("locked", now()));
        events.back().refused_by = event::RefusedBy::quarantine;
    }
    write(events);
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_TRUE(incidents().empty());
    EXPECT_EQ(state_of("locked").find("evidence"), std::string::npos);
}

/// Which engine owns which shard.
std::map<std::string, int> owners(store::Database& database) {
    return store::run(database, "read the owners",
                      [](pqxx::work& tx) {
                          std::map<std::string, int> shards;
                          for (const auto& row : tx.exec("SELECT owner, count(*) FROM engine_shard GROUP BY owner"))
                              shards[row[0].c_str()] = row[1].as<int>();
                          return shards;
                      })
        .value();
}

TEST_F(IngestTest, who_links_to_one_place_in_own_words_is_in_one_incident) {
    Ingest ingest(settings());
    ingest.start();
    std::vector<event::Event> events;
    constexpr int many = 40;
    for (int i = 0; i < 14; ++i)
        for (int who = 0; who < many; ++who) {
            event::Event event = relayed("s" + std::to_string(who), now());
            event.fingerprint = event::mixed(events.size() + 1);
            event.recipients = {event::Recipient(event::mixed(events.size() + 5000), "example.net")};
            event.uri_hosts = {event::name_hash("pills.example")};
            events.push_back(std::move(event));
        }
    write(std::move(events));
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    const auto open = incidents();
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].member_count, many);
    EXPECT_EQ(open[0].cause, "campaign");
    EXPECT_THAT(open[0].summary, testing::StartsWith("the same link host from 40 subscribers, lately s"));
    EXPECT_THAT(open[0].evidence, testing::HasSubstr("the same link host (campaign "));
    EXPECT_EQ(quarantines().size(), std::size_t{many});
}

TEST_F(IngestTest, two_engines_share_and_the_one_that_is_left_takes_over) {
    auto s = settings();
    s.policy.confine = config::Mode::warn;
    auto first = std::make_unique<Ingest>(s);
    first->start();
    write({relayed("s0", now())});
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    Ingest second(s);
    second.start();
    ASSERT_TRUE(eventually([&] {
        const auto shares = owners(*database);
        return shares.size() == 2 && shares.begin()->second == store::shard_count / 2;
    }));
    for (int i = 0; i < 40; ++i) {
        for (int who = 0; who < 20; ++who)
            write({relayed("s" + std::to_string(who), now())}, i % 2 ? "n1" : "n2");
        if (i == 20) first.reset();
    }
    ASSERT_TRUE(eventually([&] { return is_done("n1") && is_done("n2"); }));
    EXPECT_EQ(owners(*database).size(), 1u);
    for (int who = 0; who < 20; ++who)
        EXPECT_EQ(detect::from_json(state_of("s" + std::to_string(who))).value().messages, who == 0 ? 41u : 40u) << who;
}

TEST_F(IngestTest, an_engine_that_has_lost_its_shards_changes_nothing) {
    store::Database one(as_engine), two(as_engine);
    const auto old = store::share_shards(one, "one", {}).value();
    EXPECT_EQ(old.size(), static_cast<std::size_t>(store::shard_count));
    EXPECT_TRUE(store::share_shards(two, "two", {}).value().empty()) << "while the first holds the locks";
    one.disconnect();
    ASSERT_TRUE(eventually([&] { return store::share_shards(two, "two", {}).value().size() == old.size(); }));
    EXPECT_FALSE(store::share_shards(one, "one", old)) << "its locks are gone";
    store::EngineBatch batch;
    batch.engine = "one";
    batch.shards = old;
    batch.node = "n1";
    batch.upto = 5;
    store::Database late(as_engine);
    const auto refused_batch = store::commit_batch(late, batch, {});
    ASSERT_FALSE(refused_batch);
    EXPECT_THAT(refused_batch.error().message, testing::HasSubstr("another engine"));
    EXPECT_TRUE(store::load_cursors(*database).value().empty());
}

TEST_F(IngestTest, survives_the_death_of_the_database) {
    auto s = settings();
    s.policy.confine = config::Mode::warn;
    Ingest ingest(s);
    ingest.start();
    write({relayed("s", now())});
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    store::TestCluster::shared().kill();
    store::TestCluster::shared().start();
    ASSERT_TRUE(eventually([&] { return database->connect().has_value(); }));
    ASSERT_TRUE(eventually([&] {
        auto event = relayed("s", now());
        event.sequence = sequences["n1"] + 1;
        return store::write_events(*database, "n1", {event}).has_value();
    }));
    ++sequences["n1"];
    ASSERT_TRUE(eventually([&] { return is_done(); }));
    EXPECT_EQ(detect::from_json(state_of("s")).value().messages, 2u);
}

} // namespace
} // namespace lazaret::engine
