#include "store/history.hpp"

#include "store/events.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace lazaret::store {
namespace {

using namespace std::chrono_literals;

class HistoryTest : public testing::Test {
  protected:
    HistoryTest() : settings(TestCluster::shared().create_migrated_database()), owner(settings) {
        settings.role = "lazaret_cli";
        reader.emplace(settings);
    }
    static event::Event relayed(std::uint64_t sequence, Time at, const std::string& subscriber) {
        event::Event e;
        e.sequence = sequence;
        e.at = at;
        e.trace = TraceId::make(at);
        e.subscriber = subscriber;
        e.recipients.emplace_back(sequence, "example.net");
        return e;
    }
    void sql(const std::string& text) {
        const auto done = run(owner, "prepare", [&](pqxx::work& tx) { tx.exec(text); });
        ASSERT_TRUE(done) << done.error().message;
    }
    std::vector<event::Event> read(const HistoryFilter& filter) {
        std::vector<event::Event> all;
        const auto done = read_history(*reader, filter, [&](const std::vector<event::Event>& page) -> Result<void> {
            EXPECT_LE(page.size(), 5000u);
            ++pages;
            all.insert(all.end(), page.begin(), page.end());
            return {};
        });
        EXPECT_TRUE(done) << done.error().message;
        return all;
    }
    DatabaseSettings settings;
    Database owner;
    std::optional<Database> reader;
    int pages = 0;
    const Time end = std::chrono::floor<std::chrono::days>(now()) + 1h;
};

TEST_F(HistoryTest, all_nodes_by_time_across_pages_and_days) {
    // Two nodes whose events alternate, over two days; the second one's sequences run by themselves.
    constexpr std::uint64_t each = 6000;
    const Duration step = Duration(48h) / (2 * each);
    std::vector<event::Event> first, second;
    for (std::uint64_t i = 0; i < each; ++i) {
        first.push_back(relayed(i + 1, end - 48h + 2 * i * step, "s" + std::to_string(i % 3)));
        second.push_back(relayed(i + 1, end - 48h + (2 * i + 1) * step, "s3"));
    }
    ASSERT_TRUE(write_events(owner, "n1", first));
    ASSERT_TRUE(write_events(owner, "n2", second));

    HistoryFilter filter;
    filter.since = end - 36h;
    filter.until = end - 1h;
    const auto all = read(filter);
    const auto is_inside = [&](const event::Event& e) { return e.at >= filter.since && e.at < filter.until; };
    const auto expected = std::count_if(first.begin(), first.end(), is_inside) +
                          std::count_if(second.begin(), second.end(), is_inside);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(all.size()), expected);
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), is_inside));
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
    EXPECT_EQ(pages, 3) << "one of the first day, two of the second";

    filter.subscriber = "s1";
    const auto one = read(filter);
    EXPECT_EQ(static_cast<std::ptrdiff_t>(one.size()),
              std::count_if(first.begin(), first.end(),
                            [&](const auto& e) { return is_inside(e) && e.subscriber == "s1"; }));
    EXPECT_EQ(one.at(5).recipients.size(), 1u);
}

TEST_F(HistoryTest, what_cannot_be_read_is_skipped_and_an_error_ends_it) {
    ASSERT_TRUE(write_events(owner, "n1", {relayed(1, end - 3min, "a"), relayed(2, end - 2min, "b"), relayed(3, end - 1min, "c")}));
    sql("UPDATE event SET refused_by = 'a later version' WHERE sequence = 2");
    HistoryFilter filter;
    filter.since = end - 24h;
    filter.until = end;
    const auto all = read(filter);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1].subscriber, "c");
    const auto done = read_history(*reader, filter, [](const auto&) -> Result<void> { return Error("enough"); });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "enough");
    EXPECT_EQ(read(filter).size(), 2u) << "the connection is as good as before";
}

TEST_F(HistoryTest, knows_whether_there_were_results) {
    auto e = relayed(1, end - 2min, "a");
    ASSERT_TRUE(write_events(owner, "n1", {e}));
    EXPECT_EQ(has_delivery_results(*reader, end - 1h, end).value(), false);
    e.sequence = 2;
    e.type = event::Type::delivery_result;
    e.delivery = event::DeliveryStatus::sent;
    ASSERT_TRUE(write_events(owner, "n1", {e}));
    EXPECT_EQ(has_delivery_results(*reader, end - 1h, end).value(), true);
    EXPECT_EQ(has_delivery_results(*reader, end - 1h, e.at).value(), false);
}

TEST_F(HistoryTest, standings_are_those_of_the_directory) {
    sql("INSERT INTO subscriber (id, plan, class, is_protected) VALUES ('o''neil', 'business', 'business', true)");
    sql("INSERT INTO network (block, class, relay) VALUES ('192.0.2.0/24', 'static', true), ('192.0.2.0/30', 'trusted', true)");
    const auto found = find_standings(*reader, {"o'neil", "nobody", "addr:192.0.2.1", "addr:192.0.2.9", "\"quoted\\"}).value();
    ASSERT_EQ(found.size(), 3u);
    EXPECT_TRUE(found.at("o'neil").is_protected);
    EXPECT_EQ(found.at("o'neil").klass, subscriber::Class::business);
    EXPECT_EQ(found.at("addr:192.0.2.1").klass, subscriber::Class::trusted);
    EXPECT_EQ(found.at("addr:192.0.2.9").klass, subscriber::Class::fixed);
    EXPECT_FALSE(found.at("addr:192.0.2.9").is_protected);
}

} // namespace
} // namespace lazaret::store
