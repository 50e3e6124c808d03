#include "engine/retention.hpp"

#include "engine/test_support.hpp"
#include "store/exhibits.hpp"

namespace lazaret::engine {
namespace {

using RetentionTest = test::DatabaseTest;
using namespace std::chrono_literals;

const Time noon = parse_rfc3339("2026-11-21T12:00:00Z").value();

TEST_F(RetentionTest, exhibits_go_when_their_time_is_over) {
    constexpr auto old = 2 * Retention::batch;
    std::vector<event::Event> events;
    for (std::size_t i = 0; i <= old; ++i) {
        event::Event e;
        e.sequence = i + 1;
        e.at = i < old ? noon - 48h : noon - 47h;
        e.trace = TraceId::make(e.at);
        e.subscriber = "S-1";
        e.exhibit.emplace();
        events.push_back(std::move(e));
    }
    ASSERT_TRUE(store::write_events(*database, "mx1", events));
    store::Database engine(as_engine);
    store::ExhibitFilter all;
    all.limit = events.size();
    const auto left = [&] { return store::list_exhibits(engine, all).value().size(); };

    Retention retention(48h, 90 * 24h);
    ASSERT_TRUE(retention.sweep(engine, noon));
    EXPECT_EQ(left(), events.size()) << "two days are just not over";
    ASSERT_TRUE(retention.sweep(engine, noon + 59s));
    EXPECT_EQ(left(), events.size()) << "not looked at yet";
    ASSERT_TRUE(retention.sweep(engine, noon + 60s));
    EXPECT_EQ(left(), Retention::batch + 1) << "one batch";
    ASSERT_TRUE(retention.sweep(engine, noon + 60s));
    EXPECT_EQ(left(), 1u) << "there was more, so at once";
    ASSERT_TRUE(retention.sweep(engine, noon + 60s));
    ASSERT_TRUE(retention.sweep(engine, noon + 2h));
    EXPECT_EQ(left(), 0u);
}

TEST_F(RetentionTest, days_of_events_go_and_nobody_misses_them) {
    using std::chrono::floor, std::chrono::days;
    const Time today = floor<days>(now());
    std::vector<event::Event> events;
    for (const int days_ago : {40, 11, 10, 3, 0}) {
        event::Event e;
        e.sequence = events.size() + 1;
        e.at = today - days_ago * 24h + 1s;
        e.subscriber = "S-1";
        events.push_back(std::move(e));
    }
    events.push_back(events[0]);
    events.back().sequence = 6;
    events.back().at = today - 1000 * 24h; // a broken clock, in no day
    ASSERT_TRUE(store::write_events(*database, "mx1", events));
    ASSERT_TRUE(store::run(*database, "prepare", [](pqxx::work& tx) {
        tx.exec("INSERT INTO incident (id, subscriber, cause, opened_at, updated_at, score, threshold, summary, evidence)"
                " OVERRIDING SYSTEM VALUE VALUES (1, 's', 'bot', now(), now(), 1, 1, '', '[]');"
                "INSERT INTO outbox (webhook_id, incident, type, body, created_at, delivered_at) VALUES"
                " ('old', 1, 't', '{}', now() - interval '11 days', now()), ('waits', 1, 't', '{}', now() - interval '11 days', NULL),"
                " ('new', 1, 't', '{}', now(), now());"
                "INSERT INTO engine_state VALUES ('old', '{}', now() - interval '401 days'), ('new', '{}', now())");
    }));
    store::Database engine(as_engine);
    Retention retention(1h, 10 * 24h);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(retention.sweep(engine, today + 12h));
    const auto left = [&](const char* query) {
        return store::run(engine, "look", [&](pqxx::work& tx) { return std::string(tx.exec1(query)[0].c_str()); }).value();
    };
    EXPECT_EQ(left("SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM event"), "3 4 5");
    EXPECT_EQ(left("SELECT string_agg(webhook_id, ' ' ORDER BY webhook_id) FROM outbox"), "new waits");
    EXPECT_EQ(left("SELECT string_agg(subscriber, ' ') FROM engine_state"), "new");
    ASSERT_TRUE(store::write_events(*database, "mx1", {events[1]})) << "a late one comes in all the same";
}

TEST_F(RetentionTest, a_clock_that_is_set_back_stops_nothing) {
    store::Database engine(as_engine);
    Retention retention(1h, 90 * 24h);
    ASSERT_TRUE(retention.sweep(engine, noon + 24h * 365));
    event::Event e;
    e.sequence = 1;
    e.at = noon - 2h;
    e.exhibit.emplace();
    ASSERT_TRUE(store::write_events(*database, "mx1", {e}));
    ASSERT_TRUE(retention.sweep(engine, noon));
    EXPECT_TRUE(store::list_exhibits(engine, {}).value().empty());
}

} // namespace
} // namespace lazaret::engine
