#include "store/exhibits.hpp"

#include "store/events.hpp"
#include "store/testing/test_cluster.hpp"
#include "store/transaction.hpp"

#include <gmock/gmock.h>

namespace lazaret::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const Time noon = parse_rfc3339("2026-11-21T12:00:00Z").value();

class ExhibitsTest : public testing::Test {
  protected:
    ExhibitsTest() : owner(TestCluster::shared().create_migrated_database()), database(owner) {}

    Database as(const char* role) {
        auto settings = owner;
        settings.role = role;
        return Database(settings);
    }
    event::Event sample(std::uint64_t sequence, Time at, const std::string& subscriber) {
        event::Event e;
        e.sequence = sequence;
        e.at = at;
        e.type = event::Type::message_refused;
        e.trace = TraceId::make(at);
        e.subscriber = subscriber;
        e.refused_by = event::RefusedBy::content;
        e.reason = "casino";
        e.findings = {"casino:enforce:10"};
        e.reply_code = 550;
        e.exhibit.emplace();
        e.exhibit->header = "Subject: \"" + std::to_string(sequence) + "\\\"\n";
        e.exhibit->excerpt = "b\xC3\xBC\nline two";
        e.exhibit->original = std::string("\0\r\n\xFF", 4);
        return e;
    }
    std::vector<std::string> subjects(const ExhibitFilter& filter) {
        std::vector<std::string> out;
        auto cli = as("lazaret_cli");
        for (const auto& record : list_exhibits(cli, filter).value())
            out.push_back(record.exhibit.header);
        return out;
    }

    DatabaseSettings owner;
    Database database;
};

TEST_F(ExhibitsTest, arrive_with_their_event_and_once) {
    auto submission = as("lazaret_submission");
    auto e = sample(1, noon, "S-1"), without = sample(2, noon, "S-1");
    without.exhibit.reset();
    for (int i = 0; i < 2; ++i) {
        const auto written = write_events(submission, "mx1", {e, without});
        ASSERT_TRUE(written) << written.error().message;
    }
    auto cli = as("lazaret_cli");
    ExhibitFilter filter;
    filter.trace = e.trace.to_string();
    filter.with_original = true;
    const auto found = list_exhibits(cli, filter).value();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].exhibit, *e.exhibit);
    EXPECT_EQ(found[0].subscriber, "S-1");
    EXPECT_EQ(found[0].at, noon);
    EXPECT_EQ(found[0].reason, "casino");
    EXPECT_EQ(found[0].reply_code, 550);
    EXPECT_THAT(found[0].findings, ElementsAre("casino:enforce:10"));
    filter.with_original = false;
    EXPECT_EQ(list_exhibits(cli, filter).value()[0].exhibit.original, "");
    EXPECT_FALSE(list_exhibits(submission, filter)) << "submission may not read them";

    ASSERT_TRUE(run(database, "forget", [](pqxx::work& tx) { tx.exec("DELETE FROM event"); }));
    EXPECT_EQ(list_exhibits(cli, filter).value()[0].reason, "") << "an exhibit may outlive its event";
}

TEST_F(ExhibitsTest, are_found_newest_first) {
    ASSERT_TRUE(write_events(database, "mx1", {sample(1, noon, "S-1"), sample(2, noon + 1h, "S-2"), sample(3, noon + 2h, "S-1")}));
    ExhibitFilter filter;
    EXPECT_THAT(subjects(filter), ElementsAre("Subject: \"3\\\"\n", "Subject: \"2\\\"\n", "Subject: \"1\\\"\n"));
    filter.subscriber = "S-1";
    filter.limit = 1;
    EXPECT_THAT(subjects(filter), ElementsAre("Subject: \"3\\\"\n"));
}

TEST_F(ExhibitsTest, old_ones_go_in_batches) {
    std::vector<event::Event> events;
    for (int i = 1; i <= 5; ++i)
        events.push_back(sample(static_cast<std::uint64_t>(i), noon + i * 1h, "S-1"));
    ASSERT_TRUE(write_events(database, "mx1", events));
    auto engine = as("lazaret_engine");
    EXPECT_EQ(remove_exhibits(engine, noon + 1h, 2).value(), 0u) << "not older than that";
    EXPECT_EQ(remove_exhibits(engine, noon + 4h, 2).value(), 2u);
    EXPECT_EQ(remove_exhibits(engine, noon + 4h, 2).value(), 1u);
    EXPECT_EQ(remove_exhibits(engine, noon + 4h, 2).value(), 0u);
    EXPECT_THAT(subjects({}), ElementsAre("Subject: \"5\\\"\n", "Subject: \"4\\\"\n"));
}

} // namespace
} // namespace lazaret::store
