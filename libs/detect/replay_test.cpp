#include "detect/replay_run.hpp"

#include "core/text.hpp"

#include <gmock/gmock.h>

namespace lazaret::detect {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double begin = 1772410155;

std::string message(const std::string& id, double ts, const std::string& rest = R"("rcpts":["a@x.example"])",
                    const std::string& subscriber = "s1") {
    return R"({"type":"message","id":")" + id + R"(","ts":)" + std::to_string(ts) + R"(,"subscriber":")" +
           subscriber + R"(",)" + rest + "}";
}

std::string delivery(const std::string& id, double ts, int delivered, int nonexistent) {
    return R"({"type":"delivery","ts":)" + std::to_string(ts) + R"(,"message":")" + id +
           R"(","subscriber":"s1","delivered":)" + std::to_string(delivered) + R"(,"nonexistent":)" +
           std::to_string(nonexistent) + "}";
}

std::string complaint(ReplayReader& reader, std::string_view line) {
    auto read = reader.read(line);
    return read ? "none" : read.error().message;
}

TEST(ReplayReader, a_message_is_one_relayed_event) {
    ReplayReader reader(7.5);
    const auto read = reader.read(
        R"({"type":"message","id":"p1","ts":1772410155.496,"subscriber":"s1","client_ip":"100.69.123.226",)"
        R"("account":"s1@isp.example","helo":"[192.168.1.56]","mail_from":"Pia@isp.example",)"
        R"("rcpts":["Gus@Corp.example","b@corp.example"],"size":1929,"content":"spam",)"
        R"("fingerprint":"8de89e58463b93fb","uri_hosts":["b.example","A.example","a.example"],"agent":"Mutt"})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(format_rfc3339(read->at), "2026-03-02T00:09:15.496000Z");
    EXPECT_FALSE(read->is_delivery);
    ASSERT_EQ(read->events.size(), 1u);
    const event::Event& event = read->events[0];
    EXPECT_EQ(event.type, event::Type::message_relayed);
    EXPECT_EQ(begin_of(event.trace), read->at);
    EXPECT_EQ(event.subscriber, "s1");
    EXPECT_EQ(event.account, "s1@isp.example");
    EXPECT_EQ(event.client.to_string(), "100.69.123.226");
    EXPECT_EQ(event.sender_domain, "isp.example");
    EXPECT_FALSE(event.null_sender);
    EXPECT_EQ(event.size, 1929u);
    ASSERT_EQ(event.recipients.size(), 2u);
    EXPECT_EQ(event.recipients[0].domain, "corp.example");
    EXPECT_NE(event.recipients[0].hash, event.recipients[1].hash);
    EXPECT_THAT(event.findings, ElementsAre("scanner:warn:7.5"));
    EXPECT_EQ(event.fingerprint, 0x8de89e58463b93fbu);
    EXPECT_THAT(event.uri_hosts, testing::UnorderedElementsAre(event::name_hash("a.example"), event::name_hash("b.example")));
    EXPECT_EQ(event.agent_hash, event::name_hash("Mutt"));
    Reading reading;
    reading.reject_score = 7.5;
    EXPECT_TRUE(observe(event, reading).is_caught);
}

TEST(ReplayReader, what_is_not_known_may_be_missing_and_the_empty_sender_is_null) {
    ReplayReader reader(10);
    auto read = reader.read(message("p1", begin));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_FALSE(read->events[0].null_sender);
    read =
        reader.read(message("p2", begin, R"("rcpts":["a@x"],"mail_from":"","account":null,"content":"ham")"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->events[0].null_sender);
    EXPECT_TRUE(read->events[0].findings.empty());
}

TEST(ReplayReader, a_delivery_is_one_result_per_recipient_of_its_message) {
    ReplayReader reader(10);
    auto sent = reader.read(message("p1", begin, R"("rcpts":["a@x","b@x","c@x"])"));
    ASSERT_TRUE(sent);
    auto read = reader.read(delivery("p1", begin + 5, 1, 1));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->is_delivery);
    EXPECT_EQ(read->sent, sent->at);
    ASSERT_EQ(read->events.size(), 2u);
    EXPECT_EQ(read->events[0].delivery, event::DeliveryStatus::bounced);
    EXPECT_TRUE(says_nonexistent(read->events[0].enhanced));
    EXPECT_EQ(read->events[1].delivery, event::DeliveryStatus::sent);
    EXPECT_EQ(read->events[1].trace, sent->events[0].trace);
    EXPECT_THAT(complaint(reader, delivery("p1", begin + 6, 2, 0)), HasSubstr("together at most 1"));
    EXPECT_THAT(complaint(reader, R"({"type":"delivery","ts":1772410161,"message":"p1","subscriber":"s2"})"),
                HasSubstr("expected the sender of this message, s1"));
}

TEST(ReplayReader, a_result_without_its_message_is_left_aside) {
    ReplayReader reader(10);
    auto read = reader.read(delivery("p0", begin, 1, 0));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->events.empty());
    ASSERT_TRUE(reader.read(message("p1", begin)));
    ASSERT_TRUE(reader.read(message("p2", begin + 6 * 86400)));
    ASSERT_TRUE(reader.read(delivery("p1", begin + 6 * 86400, 1, 0)));
    EXPECT_EQ(reader.unmatched(), 2u);
}

TEST(ReplayReader, the_same_recording_gives_the_same_events) {
    ReplayReader one(10), two(10);
    EXPECT_EQ(one.read(message("p1", begin))->events, two.read(message("p1", begin))->events);
    EXPECT_NE(one.read(message("p2", begin))->events[0].trace,
              two.read(message("p3", begin))->events[0].trace);
}

TEST(ReplayReader, what_is_wrong_is_told_with_what_was_expected) {
    const std::string deep(400'000, '[');
    const std::pair<std::string, std::string> wrong[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{\"type\":\"message\"", "no JSON object"},
        {std::string(ReplayReader::max_line + 1, ' '), "1 MiB"},
        {R"({"ts":1})", "type: found nothing, expected \"message\" or \"delivery\""},
        {R"({"type":"login","ts":1})", "type: found \"login\""},
        {R"({"type":)" + deep + std::string(deep.size(), ']') + "}", "found no JSON object"},
        {R"({"type":"message","ts":"now"})", "ts: found \"now\", expected seconds"},
        {R"({"type":"message","ts":-1})", "ts: found -1"},
        {R"({"type":"message","ts":1e300})", "ts: found 1e+300"},
        {R"({"type":"message","ts":1e999})", "no JSON object"},
        {R"({"type":"message","ts":1,"subscriber":"s"})", "id: found nothing"},
        {R"({"type":"message","ts":1,"id":"p"})", "subscriber: found nothing"},
        {R"({"type":"message","ts":1,"id":"p","subscriber":"s\u0007"})", "subscriber: found"},
        {message(std::string(257, 'p'), begin), "id: found"},
        {message("p", begin, R"("rcpts":[])"), "rcpts: found a list of 0"},
        {message("p", begin, R"("rcpts":"a@x")"), "rcpts: found \"a@x\""},
        {message("p", begin, R"("rcpts":[1])"), "rcpts: found 1"},
        {message("p", begin, R"("rcpts":["a@x"],"client_ip":"300.1.1.1")"), "client_ip: found \"300.1.1.1\""},
        {message("p", begin, R"("rcpts":["a@x"],"helo":{})"), "helo: found an object"},
        {message("p", begin, R"("rcpts":["a@x"],"size":-1)"), "size: found -1"},
        {message("p", begin, R"("rcpts":["a@x"],"content":"eggs")"), "content: found \"eggs\""},
        {message("p", begin, R"("rcpts":["a@x"],"content":5)"), "content: found 5"},
        {message("p", begin, R"("rcpts":["a@x"],"fingerprint":"xyz")"), "fingerprint: found \"xyz\""},
        {message("p", begin, R"("rcpts":["a@x"],"uri_hosts":"a.example")"), "uri_hosts: found \"a.example\""},
        {message("p", begin, R"("rcpts":["a@x"],"uri_hosts":[7])"), "uri_hosts: found 7"},
        {message("p", begin, R"("rcpts":["a@x"],"agent":7)"), "agent: found 7"},
        {R"({"type":"delivery","ts":1772410155,"message":"p","delivered":1.5})", "delivered: found 1.5"},
        {R"({"type":"delivery","ts":1772410155,"message":"p","nonexistent":-2})", "nonexistent: found -2"},
    };
    for (const auto& [line, complains] : wrong) {
        ReplayReader reader(10);
        EXPECT_THAT(complaint(reader, line), HasSubstr(complains)) << line.substr(0, 200);
    }
    ReplayReader reader(10);
    ASSERT_TRUE(reader.read(message("p1", begin)));
    EXPECT_THAT(complaint(reader, message("p2", begin - 1)),
                HasSubstr("no time before that of the line above"));
    EXPECT_THAT(complaint(reader, message("p1", begin + 1)), HasSubstr("one that no message above has"));
    const std::string enormous =
        R"({"type":"delivery","ts":1772410156,"message":"p1","delivered":18446744073709551615,"nonexistent":2})";
    EXPECT_THAT(complaint(reader, enormous), HasSubstr("together at most 1"));
    EXPECT_TRUE(reader.read(delivery("p1", begin, 1, 0))) << "a wrong line changes nothing";
}

/// Sends every `pause` seconds one message that is spam and whose only recipient does not exist.
struct Bot {
    ReplayReader reader{10};
    Replay replay;
    std::vector<ReplayDecision> decisions;
    int sent = 0;

    explicit Bot(const ReplayPolicy& policy) : replay(Options(), policy) {}
    void send(double from, double until, double pause) {
        for (double at = from; at < until; at += pause, ++sent) {
            const std::string id = "p" + std::to_string(sent);
            feed(message(id, at, R"("rcpts":["a@x"],"content":"spam")"));
            feed(delivery(id, at + pause / 2, 0, 1));
        }
    }
    void feed(const std::string& line) {
        auto read = reader.read(line);
        ASSERT_TRUE(read) << read.error().message;
        auto taken = replay.take(*read, decisions);
        ASSERT_TRUE(taken);
    }
    std::vector<Action> actions() const {
        std::vector<Action> list;
        for (const auto& decision : decisions)
            list.push_back(decision.action);
        return list;
    }
};

TEST(Replay, a_confinement_holds_until_it_ends_and_then_the_evidence_begins_anew) {
    ReplayPolicy policy;
    policy.confine_for = 1h;
    Bot bot(policy);
    bot.send(begin, begin + 3 * 3600, 10);
    ASSERT_THAT(bot.actions(), ElementsAre(Action::confine, Action::release, Action::confine, Action::release,
                                           Action::confine));
    EXPECT_EQ(bot.decisions[1].at, bot.decisions[0].at + 1h);
    EXPECT_GT(bot.decisions[2].at, bot.decisions[1].at);
    EXPECT_LT(bot.decisions[2].at, bot.decisions[1].at + 2min);
    EXPECT_EQ(bot.decisions[0].subscriber, "s1");
    EXPECT_EQ(bot.decisions[0].cause, "bot");
    EXPECT_THAT(bot.decisions[0].reason, HasSubstr("not exist"));

    const auto confined = bot.replay.confined();
    ASSERT_EQ(confined.size(), 1u);
    EXPECT_EQ(confined[0].confinements, 3u);
    EXPECT_EQ(confined[0].first, bot.decisions[0].at);
    EXPECT_GE(confined[0].passed, 4u);
    EXPECT_LT(confined[0].passed, 12u);
    EXPECT_GT(confined[0].held_back, 1000u);
    // What was held back is no event, nor are its results.
    EXPECT_LT(bot.replay.events(), 100u);
}

TEST(Replay, what_else_the_subscriber_sends_goes_on) {
    Bot bot{ReplayPolicy()};
    const auto of = [](const char* login, const char* content) {
        return R"("rcpts":["a@x"],"account":")" + std::string(login) + R"(","content":")" + content + "\"";
    };
    for (int i = 0; i < 20; ++i)
        bot.feed(message("h" + std::to_string(i), begin + i, of("anna@firm", "ham")));
    for (int i = 0; i < 100; ++i) {
        const double at = begin + 100 + i * 10;
        bot.feed(message("p" + std::to_string(i), at, of("bert@firm", "spam")));
        bot.feed(delivery("p" + std::to_string(i), at + 1, 0, 1));
        bot.feed(message("g" + std::to_string(i), at + 2, of("anna@firm", "ham")));
        bot.feed(delivery("g" + std::to_string(i), at + 3, 1, 0));
    }
    ASSERT_EQ(bot.actions().size(), 1u);
    EXPECT_EQ(bot.decisions[0].scope, subscriber::Scope::account);
    EXPECT_EQ(bot.decisions[0].part, "bert@firm");
    const auto confined = bot.replay.confined();
    ASSERT_EQ(confined.size(), 1u);
    EXPECT_LT(confined[0].held_back, 100u) << "bert's alone";
    EXPECT_GT(confined[0].held_back, 70u);
}

TEST(Replay, the_message_is_named_only_when_its_sending_tipped_it) {
    Bot bot(ReplayPolicy{});
    bot.send(begin, begin + 600, 10);
    ASSERT_FALSE(bot.decisions.empty());
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(bot.decisions[0].at.time_since_epoch());
    const bool at_sending = (ms.count() - static_cast<std::int64_t>(begin * 1000)) % 10'000 == 0;
    EXPECT_EQ(bot.decisions[0].message.empty(), !at_sending);
}

TEST(Replay, without_confinement_there_is_one_ticket_while_the_evidence_goes_on) {
    ReplayPolicy policy;
    policy.confines = false;
    Bot bot(policy);
    bot.send(begin, begin + 3 * 86400, 600);
    EXPECT_THAT(bot.actions(), ElementsAre(Action::ticket));
    bot.send(begin + 6 * 86400, begin + 6 * 86400 + 3600, 60);
    EXPECT_THAT(bot.actions(), ElementsAre(Action::ticket, Action::ticket));
    EXPECT_TRUE(bot.replay.confined().empty());
}

TEST(Replay, beyond_the_hourly_number_of_confinements_there_are_tickets) {
    ReplayPolicy policy;
    policy.max_confinements_per_hour = 0;
    Bot bot(policy);
    bot.send(begin, begin + 3600, 10);
    EXPECT_THAT(bot.actions(), ElementsAre(Action::ticket));
}

TEST(Replay, switched_off_it_decides_nothing) {
    ReplayPolicy policy;
    policy.convicts = false;
    Bot bot(policy);
    bot.send(begin, begin + 3600, 10);
    EXPECT_TRUE(bot.decisions.empty());
    EXPECT_EQ(bot.replay.events(), 720u);
}

} // namespace
} // namespace lazaret::detect
