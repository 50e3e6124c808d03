#include "engine/outcomes.hpp"

#include "engine/metrics.hpp"
#include "engine/test_journal.hpp"
#include "engine/test_support.hpp"

#include <fstream>
#include <random>
#include <set>

namespace lazaret::engine {
namespace {

using namespace test;

class OutcomesTest : public DatabaseTest {
  protected:
    OutcomesSettings settings() {
        OutcomesSettings s;
        s.database = as_engine;
        s.node = "mx1";
        s.logs = {dir.path / "mail.log"};
        s.hash_key = "key";
        s.poll = 2ms;
        return s;
    }
    void log(const std::string& text) { std::ofstream(dir.path / "mail.log", std::ios::app) << text; }
    /// A message of `subscriber` that Postfix bounced for one recipient.
    std::string message(const std::string& subscriber, bool known = true) {
        auto event = relayed(subscriber, now());
        if (known) {
            event.sequence = ++sequence;
            EXPECT_TRUE(store::write_events(*database, "n1", {event}));
        }
        const std::string head = format_rfc3339(now()) + " mx postfix/",
                          id = "4X" + std::to_string(1000000 + ++messages);
        return head + "smtpd[1]: " + id +
               ": client=localhost[127.0.0.1], orig_queue_id=" + event.trace.to_string() + "\n" + head +
               "smtp[2]: " + id +
               ": to=<nobody@gone.example>, relay=mx.gone.example[192.0.2.1]:25, delay=1, " +
               "delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx.gone.example[192.0.2.1] said: 550 5.1.1 "
               "unknown)\n" +
               head + "qmgr[3]: " + id + ": removed\n";
    }
    std::vector<store::StoredEvent> results() {
        store::EventFilter filter;
        filter.type = event::Type::delivery_result;
        filter.limit = 10000;
        return store::list_events(*database, filter).value();
    }
    std::size_t pending() {
        return store::load_pending(*database, name_of_log("mx1", dir.path / "mail.log")).value().size();
    }

    store::LogPosition position() {
        return store::load_log_position(*database, name_of_log("mx1", dir.path / "mail.log"))
            .value()
            .value_or(store::LogPosition());
    }

    TempDir dir;
    std::uint64_t sequence = 0;
    int messages = 0;
};

TEST_F(OutcomesTest, a_bounce_becomes_an_event_of_its_subscriber) {
    Outcomes outcomes(settings());
    outcomes.start();
    log(message("s1"));
    ASSERT_TRUE(eventually([&] { return results().size() == 1; }));
    const auto stored = results()[0];
    EXPECT_EQ(stored.node, node_of_log("mx1", dir.path / "mail.log"));
    EXPECT_EQ(stored.event.sequence, 1u);
    EXPECT_EQ(stored.event.subscriber, "s1");
    EXPECT_EQ(stored.event.delivery, event::DeliveryStatus::bounced);
    EXPECT_EQ(stored.event.enhanced, "5.1.1");
    EXPECT_EQ(stored.event.reply_code, 550);
    EXPECT_EQ(stored.event.remote_host, "mx.gone.example");
    EXPECT_TRUE(eventually([&] { return pending() == 0; }));
}

TEST_F(OutcomesTest, waits_for_the_message_to_arrive_in_the_database) {
    Outcomes outcomes(settings());
    outcomes.start();
    auto event = relayed("late", now());
    log("2026-11-21T10:00:00Z mx postfix/smtpd[1]: 4XLATE0001: client=l[127.0.0.1], orig_queue_id=" +
        event.trace.to_string() +
        "\n2026-11-21T10:00:01Z mx postfix/smtp[1]: 4XLATE0001: to=<a@b.example>, relay=mx[192.0.2.1]:25, "
        "delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (ok)\n");
    ASSERT_TRUE(eventually([&] { return pending() == 1; }));
    EXPECT_TRUE(results().empty());
    event.sequence = ++sequence;
    ASSERT_TRUE(store::write_events(*database, "n1", {event}));
    ASSERT_TRUE(eventually([&] { return results().size() == 1; }));
    EXPECT_EQ(results()[0].event.subscriber, "late");
}

TEST_F(OutcomesTest, each_line_counts_once_whatever_is_restarted_or_rotated) {
    std::mt19937 random(1);
    std::string text;
    constexpr std::size_t count = 60;
    for (std::size_t i = 0; i < count; ++i)
        text += message("s" + std::to_string(i));
    {
        Outcomes first(settings());
        first.start();
        log("2026-11-21T10:00:00Z mx postfix/master[1]: daemon started\n");
        ASSERT_TRUE(eventually([&] { return position().offset > 0; }));
    }
    int rotations = 0;
    for (std::size_t at = 0; at < text.size();) {
        Outcomes outcomes(settings());
        outcomes.start();
        auto end = std::min<std::size_t>(at + 1 + random() % 3000, text.size());
        const bool is_rotated = random() % 2 == 0;
        if (is_rotated) end = text.find('\n', end - 1) + 1; // logrotate moves the file between two lines
        log(text.substr(at, end - at));
        at = end;
        if (random() % 3 != 0) std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
        if (is_rotated) {
            const auto rotated = dir.path / ("mail.log." + std::to_string(++rotations));
            std::filesystem::rename(dir.path / "mail.log", rotated);
            // Rotations are hours apart in life.
            std::filesystem::last_write_time(rotated, std::filesystem::file_time_type::clock::now() -
                                                          std::chrono::hours(100 - rotations));
        }
    }
    Outcomes last(settings());
    last.start();
    log("2026-11-21T10:00:00Z mx postfix/master[1]: daemon started\n");
    EXPECT_TRUE(eventually([&] { return results().size() >= count && pending() == 0; }))
        << results().size() << " results, " << pending() << " pending, at " << position().inode << ":"
        << position().offset;
    std::map<std::string, int> by_subscriber;
    for (const auto& stored : results())
        ++by_subscriber[stored.event.subscriber];
    EXPECT_EQ(by_subscriber.size(), count);
    for (const auto& [subscriber, n] : by_subscriber)
        EXPECT_EQ(n, 1) << subscriber;
    EXPECT_GT(rotations, 3);
}

TEST_F(OutcomesTest, the_journal_gives_each_result_once_across_restarts) {
    Journald journald;
    if (!journald.is_running()) GTEST_SKIP() << "no systemd-journald here, or no namespaces";
    auto s = settings();
    s.logs.clear();
    s.units = {Journald::unit};
    s.journalctl = journald.journalctl();
    const auto say = [&](const std::string& subscriber) {
        // "<time> mx postfix/smtpd[1]: text" as the journal's fields
        const std::string text = message(subscriber);
        for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
            const auto line = text.substr(at, end - at);
            const auto daemon = line.find("postfix/") + 8;
            journald.say(line.substr(daemon, line.find('[') - daemon), line.substr(line.find("]: ") + 3));
        }
    };
    const auto position = [&] {
        return store::load_log_position(*database, name_of_log("mx1", journal_log)).value().value_or(store::LogPosition());
    };
    say("before");
    {
        Outcomes first(s);
        first.start();
        ASSERT_TRUE(eventually([&] { return results().size() == 1; }));
        say("during");
        ASSERT_TRUE(eventually([&] { return results().size() == 2; }));
        EXPECT_EQ(postfix_log_readable("journal").Value(), 1);
        ASSERT_TRUE(eventually([&] { return !position().cursor.empty(); }));
    }
    say("between");
    journald.rotate();
    Outcomes second(s);
    second.start();
    say("after");
    ASSERT_TRUE(eventually([&] { return results().size() >= 4; }));
    std::multiset<std::string> subscribers;
    for (const auto& stored : results())
        subscribers.insert(stored.event.subscriber);
    EXPECT_EQ(subscribers, (std::multiset<std::string>{"after", "before", "between", "during"}));
    EXPECT_EQ(results()[0].node, node_of_log("mx1", journal_log));
}

TEST_F(OutcomesTest, a_log_that_cannot_be_read_is_a_metric) {
    auto s = settings();
    const auto value = [&] { return postfix_log_readable(s.logs[0].string()).Value(); };
    Outcomes outcomes(s);
    outcomes.start();
    log(message("a"));
    EXPECT_TRUE(eventually([&] { return value() == 1; }));
    // Neither file nor log: a folder has taken its place.
    std::filesystem::rename(dir.path / "mail.log", dir.path / "elsewhere");
    std::filesystem::create_directory(dir.path / "mail.log");
    Outcomes another(s);
    another.start();
    outcomes.stop();
    EXPECT_TRUE(eventually([&] { return value() == 0; }));
    std::filesystem::remove(dir.path / "mail.log");
    log(message("b"));
    EXPECT_TRUE(eventually([&] { return value() == 1; }));
}

TEST_F(OutcomesTest, one_that_cannot_be_read_does_not_hold_up_the_others) {
    auto s = settings();
    std::filesystem::create_directory(dir.path / "folder.log");
    s.logs = {dir.path / "folder.log", dir.path / "mail.log"};
    s.units = {"postfix@-.service"};
    s.journalctl = {(dir.path / "no-journalctl").string()};
    Outcomes outcomes(s);
    outcomes.start();
    for (std::size_t i = 1; i <= 20; ++i) { // with a wait for each of the others this would take half a minute
        log(message("s"));
        ASSERT_TRUE(eventually([&] { return results().size() == i; }));
    }
    EXPECT_EQ(postfix_log_readable(s.logs[0].string()).Value(), 0);
    EXPECT_EQ(postfix_log_readable(s.logs[1].string()).Value(), 1);
    EXPECT_EQ(postfix_log_readable("journal").Value(), 0);
}

TEST_F(OutcomesTest, survives_the_death_of_the_database) {
    Outcomes outcomes(settings());
    outcomes.start();
    log(message("a"));
    ASSERT_TRUE(eventually([&] { return results().size() == 1; }));
    const auto text = message("b");
    store::TestCluster::shared().kill();
    log(text);
    store::TestCluster::shared().start();
    ASSERT_TRUE(eventually([&] { return database->connect().has_value(); }));
    ASSERT_TRUE(eventually([&] {
        store::EventFilter filter;
        filter.type = event::Type::delivery_result;
        const auto events = store::list_events(*database, filter);
        return events && events->size() == 2;
    }));
}

} // namespace
} // namespace lazaret::engine
