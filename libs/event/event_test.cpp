#include "event/event.hpp"
#include "event/repeated.hpp"

#include "core/text.hpp"
#include "event/name_hash.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::event {
namespace {

using namespace std::string_view_literals;

const Time noon = *parse_rfc3339("2026-11-21T12:00:00.000001Z");

// Clean text with everything that JSON has to escape, and multi-octet characters.
std::string random_text(std::mt19937_64& random) {
    static const std::vector<std::string> pieces{
        "a", "Z", " ", "\"", "\\", "/", "\xC3\xA9", "\xF0\x9F\x98\x80", "{", "0"};
    std::string text;
    for (auto n = random() % 12; n > 0; --n)
        text += pieces[random() % pieces.size()];
    return text;
}

Event random_event(std::mt19937_64& random) {
    const auto some = [&](auto value) { return random() % 4 == 0 ? decltype(value){} : value; };
    Event e;
    e.sequence = some(random());
    e.at = Time(Duration(static_cast<std::int64_t>(random() % 4'000'000'000'000'000)));
    e.type = static_cast<Type>(random() % 5);
    e.trace = some(TraceId::make(e.at));
    e.subscriber = random_text(random);
    e.account = random_text(random);
    e.client = some(random() % 2 == 0 ? IpAddress::from_v4(static_cast<std::uint32_t>(random()))
                                      : *IpAddress::parse("2001:db8::" + std::to_string(random() % 9999)));
    e.listener = random_text(random);
    e.helo = random_text(random);
    e.sender_hash = some(random());
    e.sender_domain = random_text(random);
    e.null_sender = random() % 2 == 0;
    if (random() % 4 != 0) e.spf = static_cast<spf::Verdict>(random() % 7);
    for (auto n = random() % 4; n > 0; --n)
        e.recipients.emplace_back(random(), random_text(random));
    e.recipients_refused = some(static_cast<std::uint32_t>(random()));
    e.recipients_nonexistent = some(static_cast<std::uint32_t>(random()));
    e.size = some(random());
    e.message_id_hash = some(random());
    e.fingerprint = some(random());
    for (auto n = random() % (most_uri_hosts + 1); n > 0; --n)
        e.uri_hosts.push_back(random());
    e.agent_hash = some(random());
    e.refused_by = static_cast<RefusedBy>(random() % 8);
    e.reason = random_text(random);
    for (auto n = random() % 4; n > 0; --n)
        e.findings.push_back(random_text(random));
    e.reply_code = some(static_cast<int>(random() % 1000));
    e.enhanced = random_text(random);
    e.delivery = static_cast<DeliveryStatus>(random() % 5);
    e.remote_host = random_text(random);
    if (random() % 2 == 0) {
        e.exhibit.emplace();
        e.exhibit->header = random_text(random) + "\n" + random_text(random);
        e.exhibit->excerpt = random_text(random);
        e.exhibit->original = some(std::string("\0\r\n\xFF\x80", 5));
    }
    return e;
}

std::string problem_of(std::string_view line) {
    const auto event = from_json(line);
    return event ? "accepted" : event.error().message;
}

// A valid line with one more member.
std::string with(std::string_view member) {
    return R"({"at":"2026-11-21T12:00:00Z","type":"message_relayed",)" + std::string(member) + "}";
}

TEST(Event, RoundTripsOverAllFields) {
    std::mt19937_64 random(6);
    for (int i = 0; i < 5000; ++i) {
        const Event event = random_event(random);
        const std::string line = to_json(event);
        ASSERT_EQ(line.find('\n'), std::string::npos);
        const auto read = from_json(line);
        ASSERT_TRUE(read) << read.error().message << "\n" << line;
        ASSERT_EQ(*read, event) << line;
    }
}

TEST(Event, LeavesDefaultsOut) {
    Event event;
    event.at = noon;
    EXPECT_EQ(to_json(event), R"({"at":"2026-11-21T12:00:00.000001Z","type":"message_relayed"})");
}

TEST(Event, WritesItsFieldsInOrder) {
    Event event;
    event.sequence = 7;
    event.at = noon;
    event.type = Type::message_refused;
    event.trace = *TraceId::parse("01hfq3k8e000abcdefgh");
    event.subscriber = "S-1";
    event.client = *IpAddress::parse("192.0.2.1");
    event.sender_hash = 0xA0;
    event.spf = spf::Verdict::softfail;
    event.recipients.emplace_back(1, "example.org");
    event.recipients.emplace_back(~std::uint64_t{0}, "example.net");
    event.refused_by = RefusedBy::next_hop;
    event.reason = "said \"no\\never\"";
    event.findings = {"rule:warn:2", "other:enforce:9"};
    event.reply_code = 550;
    event.enhanced = "5.1.1";
    EXPECT_EQ(
        to_json(event),
        R"({"sequence":7,"at":"2026-11-21T12:00:00.000001Z","type":"message_refused","trace":"01hfq3k8e000abcdefgh",)"
        R"("subscriber":"S-1","client":"192.0.2.1","sender_hash":"00000000000000a0","spf":"softfail",)"
        R"("recipients":[{"hash":"0000000000000001","domain":"example.org"},)"
        R"({"hash":"ffffffffffffffff","domain":"example.net"}],"refused_by":"next_hop",)"
        R"("reason":"said \"no\\never\"","findings":["rule:warn:2","other:enforce:9"],"reply_code":550,"enhanced":"5.1.1"})");
}

TEST(Event, WhateverIsInItItsLineCanBeReadBack) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        Event event;
        event.at = noon;
        event.reply_code = -5;
        for (auto n = random() % 40; n > 0; --n)
            event.helo += static_cast<char>(random());
        event.findings = {event.helo};
        event.recipients.emplace_back(1, event.helo);
        event.exhibit.emplace();
        event.exhibit->header = event.exhibit->original = event.helo;
        const auto read = from_json(to_json(event));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->helo, printable(event.helo));
        EXPECT_EQ(read->findings.front(), read->helo);
        EXPECT_EQ(read->exhibit->original, event.helo);
        EXPECT_EQ(printable(read->exhibit->header), read->helo);
    }
}

TEST(Event, EnumeratorsKeepTheirNames) {
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(*parse_type(to_string(static_cast<Type>(i))), static_cast<Type>(i));
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(*parse_refused_by(to_string(static_cast<RefusedBy>(i))), static_cast<RefusedBy>(i));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(*parse_delivery_status(to_string(static_cast<DeliveryStatus>(i))),
                  static_cast<DeliveryStatus>(i));
    EXPECT_EQ(to_string(RefusedBy::next_hop), "next_hop");
    EXPECT_EQ(to_string(Type::connection_refused), "connection_refused");
    EXPECT_FALSE(parse_type("Message_Relayed"));
    EXPECT_FALSE(parse_refused_by(""));
    EXPECT_FALSE(parse_delivery_status("lost"));
}

TEST(Event, AcceptsAMinimalLineInAnyOrder) {
    const auto read = from_json(R"( {"type":"login_failed", "at":"2026-11-21T13:00:00.000001+01:00"} )");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at, noon);
    EXPECT_EQ(read->type, Type::login_failed);
}

TEST(Event, NamesTheFieldThatIsWrong) {
    ASSERT_EQ(problem_of(with(R"("size":5)")), "accepted");
    const std::pair<std::string, std::string> cases[] = {
        {with(R"("size":-1)"), "'size'"},
        {with(R"("size":1.5)"), "'size'"},
        {with(R"("size":"5")"), "'size'"},
        {with(R"("size":18446744073709551616)"), "'size'"},
        {with(R"("recipients_refused":4294967296)"), "'recipients_refused'"},
        {with(R"("reply_code":2147483648)"), "'reply_code'"},
        {with(R"("sender_hash":"123")"), "'sender_hash'"},
        {with(R"("sender_hash":"000000000000000g")"), "'sender_hash'"},
        {with(R"("sender_hash":12)"), "'sender_hash'"},
        {with(R"("trace":"short")"), "'trace'"},
        {with(R"("client":"1.2.3")"), "'client'"},
        {with(R"("helo":"a\u0000b")"), "'helo'"},
        {with(R"("helo":null)"), "'helo'"},
        {with(R"("null_sender":1)"), "'null_sender'"},
        {with(R"("findings":"x")"), "'findings'"},
        {with(R"("findings":[1])"), "'findings'"},
        {with(R"("recipients":[{"hash":"0000000000000001"}])"), "'recipients'"},
        {with(R"("recipients":[{"hash":"0000000000000001","domain":"a","x":1}])"), "'recipients'"},
        {with(R"("spf":"maybe")"), "'spf'"},
        {with(R"("refused_by":"us")"), "'refused_by'"},
        {with(R"("delivery":"lost")"), "'delivery'"},
        {with(R"("exhibit":"x")"), "'exhibit'"},
        {with(R"("exhibit":{"header":1})"), "'exhibit'"},
        {with(R"("exhibit":{"header":"a\rb"})"), "'exhibit'"},
        {with(R"("exhibit":{"original":"a"})"), "'exhibit'"},
        {with(R"("exhibit":{"whole":""})"), "'exhibit'"},
        {with(R"("colour":"red")"), "'colour'"},
        {R"({"at":"2026-11-21T12:00:00Z","type":"party"})", "'type'"},
        {R"({"at":"2026-11-21T12:00:00Z"})", "'type' is missing"},
        {R"({"type":"login_failed"})", "'at' is missing"},
        {R"({"type":"login_failed","at":"noon"})", "'at'"}};
    for (const auto& [line, wanted] : cases)
        EXPECT_NE(problem_of(line).find(wanted), std::string::npos) << line << " gave " << problem_of(line);
}

TEST(Event, NeverThrowsOnRubbish) {
    for (const std::string_view line : {""sv, "{"sv, "[]"sv, "null"sv, "\"x\""sv, "\xFF"sv, "{}{}"sv, "\0"sv})
        EXPECT_FALSE(from_json(line));
    EXPECT_FALSE(from_json(std::string(200'000, '[')));
    EXPECT_FALSE(from_json(with("\"findings\":" + std::string(50'000, '[') + std::string(50'000, ']'))));

    std::mt19937_64 random(8);
    int refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string line = to_json(random_event(random));
        for (auto n = 1 + random() % 3; n > 0; --n)
            line[random() % line.size()] = static_cast<char>(random());
        if (random() % 4 == 0) line.resize(random() % line.size());
        refused += from_json(line) ? 0 : 1;
    }
    EXPECT_GT(refused, 5'000);
}

TEST(Repeated, SaysHowOften) {
    EXPECT_EQ(repeated("messages per hour", 17), "messages per hour, repeated 17 times");
    EXPECT_EQ(repeated("", 95), "repeated 95 times");
    for (const std::string reason : {"messages per hour", "", "a, repeated 3 times"}) {
        const auto text = repeated(reason, 17);
        const auto [stem, times] = parse_repeated(text);
        EXPECT_EQ(stem, reason);
        EXPECT_EQ(times, 17u);
    }
    for (const std::string_view once : {"", "backoff", "repeated", "unrepeated 3 times", "repeated x times", "repeated 3 times!"}) {
        EXPECT_EQ(parse_repeated(once).reason, once);
        EXPECT_EQ(parse_repeated(once).times, 1u);
    }
}

TEST(NameHash, NeverChanges) {
    // The database and other nodes hold these numbers.
    EXPECT_EQ(name_hash("example.com"), 0x9591d6421994d599u);
    EXPECT_EQ(name_hash(""), 0u);
}

} // namespace
} // namespace lazaret::event
