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

    Retention retention(48h);
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

TEST_F(RetentionTest, a_clock_that_is_set_back_stops_nothing) {
    store::Database engine(as_engine);
    Retention retention(1h);
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
