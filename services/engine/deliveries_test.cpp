#include "engine/deliveries.hpp"

#include "engine/test_support.hpp"

namespace lazaret::engine {
namespace {

using namespace test;
using event::DeliveryStatus;

class DeliveriesTest : public testing::Test {
  protected:
    DeliveriesTest() : deliveries(hash) {}
    void line(const std::string& text) { take(deliveries, text); }
    void take(Deliveries& into, const std::string& text) {
        into.take(detect::parse_postfix_line("Nov 21 10:42:00 mx postfix/" + text), at, at);
    }
    void enter(const std::string& id) {
        line("smtpd[1]: " + id + ": client=localhost[127.0.0.1], orig_queue_id=" + trace.to_string());
    }
    static std::string result(const std::string& id, const std::string& to, const std::string& status,
                              const std::string& dsn) {
        return "smtp[2]: " + id + ": to=<" + to +
               ">, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=" + dsn + ", status=" + status +
               " (said so)";
    }
    void resolve() {
        store::Origin origin;
        origin.subscriber = "s1";
        deliveries.resolve({{trace, origin}});
    }
    Time at = parse_rfc3339("2026-11-21T10:42:00Z").value();
    TraceId trace = TraceId::make(at);
    KeyedHash hash{"key"};
    Deliveries deliveries;
};

TEST_F(DeliveriesTest, joins_a_result_to_its_sender) {
    enter("4XAAA11111");
    line(result("4XAAA11111", "Bob@Example.NET", "bounced", "5.1.1"));
    line("qmgr[3]: 4XAAA11111: removed");
    EXPECT_EQ(deliveries.wanted(10), std::vector<TraceId>{trace});
    resolve();
    const auto changes = deliveries.collect(at);
    ASSERT_EQ(changes.events.size(), 1u);
    const auto& event = changes.events[0];
    EXPECT_EQ(event.type, event::Type::delivery_result);
    EXPECT_EQ(event.subscriber, "s1");
    EXPECT_EQ(event.trace, trace);
    EXPECT_EQ(event.enhanced, "5.1.1");
    EXPECT_EQ(event.delivery, DeliveryStatus::bounced);
    ASSERT_EQ(event.recipients.size(), 1u);
    EXPECT_EQ(event.recipients[0].domain, "example.net");
    EXPECT_EQ(event.recipients[0].hash, hash("bob@example.net"));
    EXPECT_TRUE(changes.add.empty());
    EXPECT_EQ(deliveries.size(), 0u);
}

TEST_F(DeliveriesTest, what_another_server_said_is_kept_without_the_recipient) {
    enter("4XAAA11111");
    line("smtp[2]: 4XAAA11111: to=<bob.grey@example.net>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, "
         "status=bounced (host mx[192.0.2.1] said: 550 5.1.1 <bob.grey@example.net>: no Grey here (in reply to RCPT TO command))");
    resolve();
    const auto changes = deliveries.collect(at);
    ASSERT_EQ(changes.events.size(), 1u);
    EXPECT_EQ(changes.events[0].reason,
              "host mx[192.0.2.1] said: 550 5.1.1 <***@example.net>: no *** here (in reply to RCPT TO command)");
}

TEST_F(DeliveriesTest, mail_that_is_not_ours_leaves_nothing) {
    line("smtpd[1]: 4XAAA11111: client=localhost[127.0.0.1]");
    line(result("4XAAA11111", "a@b.example", "sent", "2.0.0"));
    line("qmgr[3]: 4XAAA11111: removed");
    EXPECT_TRUE(deliveries.collect(at).empty());
}

TEST_F(DeliveriesTest, a_deferral_counts_once_and_expiry_once_per_recipient) {
    enter("4XAAA11111");
    resolve();
    for (int i = 0; i < 5; ++i) {
        line(result("4XAAA11111", "a@b.example", "deferred", "4.4.1"));
        line(result("4XAAA11111", "c@b.example", "deferred", "4.4.1"));
    }
    line(result("4XAAA11111", "c@b.example", "sent", "2.0.0"));
    line("qmgr[3]: 4XAAA11111: from=<x@y.example>, status=expired, returned to sender");
    resolve();
    const auto events = deliveries.collect(at).events;
    std::map<DeliveryStatus, int> counts;
    for (const auto& event : events)
        ++counts[event.delivery];
    EXPECT_EQ(counts[DeliveryStatus::deferred], 2);
    EXPECT_EQ(counts[DeliveryStatus::sent], 1);
    EXPECT_EQ(counts[DeliveryStatus::expired], 1);
}

TEST_F(DeliveriesTest, what_waits_survives_in_what_is_saved) {
    enter("4XAAA11111");
    line(result("4XAAA11111", "a@b.example", "bounced", "5.1.1"));
    line(result("4XAAA11111", "d@b.example", "deferred", "4.4.1"));
    auto saved = deliveries.collect(at);
    ASSERT_EQ(saved.add.size(), 1u);
    EXPECT_TRUE(saved.events.empty());
    saved.add[0].id = 7;
    Deliveries other(hash);
    other.restore(saved.add);
    take(other, result("4XAAA11111", "d@b.example", "deferred", "4.4.1"));
    take(other, "qmgr[3]: 4XAAA11111: removed");
    EXPECT_EQ(other.wanted(10).size(), 1u);
    store::Origin origin;
    origin.subscriber = "s1";
    other.resolve({{trace, origin}});
    const auto changes = other.collect(at);
    EXPECT_EQ(changes.events.size(), 2u);
    EXPECT_EQ(changes.remove, std::vector<std::int64_t>{7});
    EXPECT_TRUE(changes.add.empty());
}

TEST_F(DeliveriesTest, gives_up_on_a_sender_after_its_patience) {
    enter("4XAAA11111");
    line(result("4XAAA11111", "a@b.example", "sent", "2.0.0"));
    line("qmgr[3]: 4XAAA11111: removed");
    EXPECT_TRUE(deliveries.collect(at + 9min).events.empty());
    const auto changes = deliveries.collect(at + 11min);
    ASSERT_EQ(changes.events.size(), 1u);
    EXPECT_EQ(changes.events[0].subscriber, "");
    EXPECT_EQ(changes.unresolved, 1u);
    EXPECT_EQ(deliveries.size(), 0u);
}

TEST_F(DeliveriesTest, asks_for_all_in_turn) {
    std::set<TraceId> asked;
    for (int i = 0; i < 10; ++i) {
        trace = TraceId::make(at);
        const auto id = "4XAAA1111" + std::to_string(i);
        enter(id);
        line(result(id, "a@b.example", "sent", "2.0.0"));
    }
    for (int i = 0; i < 4; ++i)
        for (const auto& one : deliveries.wanted(3))
            asked.insert(one);
    EXPECT_EQ(asked.size(), 10u);
}

TEST_F(DeliveriesTest, a_reused_queue_id_is_another_message) {
    enter("AAAAA");
    resolve();
    line(result("AAAAA", "a@b.example", "sent", "2.0.0"));
    resolve();
    auto first = deliveries.collect(at);
    deliveries.saved({3});
    trace = TraceId::make(at + 1s);
    enter("AAAAA");
    line(result("AAAAA", "a@b.example", "bounced", "5.1.1"));
    EXPECT_EQ(deliveries.wanted(9), std::vector<TraceId>{trace});
    EXPECT_EQ(deliveries.collect(at).remove, std::vector<std::int64_t>{3});
}

} // namespace
} // namespace lazaret::engine
