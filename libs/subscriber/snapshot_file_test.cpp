#include "subscriber/snapshot.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::subscriber {
namespace {

std::string random_text(std::mt19937_64& random) {
    static const std::vector<std::string> pieces{"a", "Z", "\"", "\\", "\n", "\xC3\xA9", "{", "0", "@", "/"};
    std::string text;
    for (auto n = random() % 10; n > 0; --n)
        text += pieces[random() % pieces.size()];
    return text;
}

std::optional<std::uint32_t> maybe(std::mt19937_64& random) {
    if (random() % 2 == 0) return std::nullopt;
    return static_cast<std::uint32_t>(random());
}

Time random_time(std::mt19937_64& random) {
    return Time(Duration(static_cast<std::int64_t>(random() % 4'000'000'000'000'000)));
}

Snapshot random_snapshot(std::mt19937_64& random, std::size_t most) {
    Directory::Rows rows;
    rows.plans.resize(random() % most);
    for (Plan& plan : rows.plans) {
        plan.name = random_text(random);
        for (WindowLimits* limits : {&plan.messages, &plan.recipients})
            *limits = WindowLimits{maybe(random), maybe(random), maybe(random)};
    }
    rows.subscribers.resize(random() % most);
    for (Subscriber& subscriber : rows.subscribers) {
        subscriber.id = random_text(random);
        subscriber.plan = random_text(random);
        subscriber.klass = static_cast<Class>(random() % 4);
        subscriber.is_protected = random() % 2 == 0;
    }
    rows.accounts.resize(random() % most);
    for (Account& account : rows.accounts) {
        account.login = random_text(random);
        account.subscriber = random_text(random);
        account.verifier = random_text(random);
    }
    rows.networks.resize(random() % most);
    for (Network& network : rows.networks) {
        const auto base = IpAddress::from_v4(static_cast<std::uint32_t>(random()));
        network.block =
            random() % 2 == 0 ? Cidr(base, static_cast<int>(random() % 33)) : *Cidr::parse("2001:db8::/32");
        network.klass = static_cast<Class>(random() % 4);
        network.relay = random() % 2 == 0;
        network.subscriber = random_text(random);
        network.plan = random_text(random);
    }
    std::vector<Quarantine> quarantine(random() % most);
    for (Quarantine& entry : quarantine) {
        entry.id = static_cast<std::int64_t>(random());
        entry.subscriber = random_text(random);
        entry.level = static_cast<Level>(random() % 5);
        entry.scope = static_cast<Scope>(random() % 4);
        entry.part = random_text(random);
        entry.reason = random_text(random);
        entry.cause = random_text(random);
        entry.author = random_text(random);
        entry.token = random_text(random);
        entry.start = random_time(random);
        if (random() % 2 == 0) entry.expiry = random_time(random);
    }
    Snapshot snapshot;
    snapshot.directory = std::make_shared<const Directory>(std::move(rows));
    snapshot.quarantine = std::make_shared<const QuarantineList>(std::move(quarantine));
    return snapshot;
}

constexpr const char* account_row = R"({"login":"a","subscriber":"s","verifier":"v"})";

// A file with these lists and nothing in the others.
std::string file(std::string_view accounts, std::string_view plans = "", std::string_view networks = "",
                 std::string_view quarantine = "") {
    return R"({"version":1,"plans":[)" + std::string(plans) + R"(],"subscribers":[],"accounts":[)" +
           std::string(accounts) + R"(],"networks":[)" + std::string(networks) + R"(],"quarantine":[)" +
           std::string(quarantine) + "]}";
}

std::string problem_of(std::string_view text) {
    const auto snapshot = from_json(text);
    return snapshot ? "accepted" : snapshot.error().message;
}

TEST(SnapshotFile, RoundTrips) {
    std::mt19937_64 random(10);
    for (int i = 0; i < 200; ++i) {
        const Snapshot snapshot = random_snapshot(random, 12);
        const auto read = from_json(to_json(snapshot));
        ASSERT_TRUE(read) << read.error().message;
        ASSERT_EQ(read->directory->rows(), snapshot.directory->rows());
        ASSERT_EQ(read->quarantine->entries(), snapshot.quarantine->entries());
    }
}

TEST(SnapshotFile, AnEmptySnapshotRoundTrips) {
    const auto read = from_json(to_json(Snapshot()));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->directory->rows(), Directory::Rows());
    EXPECT_TRUE(read->quarantine->entries().empty());
}

TEST(SnapshotFile, WhatIsReadCanBeAsked) {
    const auto read = from_json(file(account_row, "",
                                     R"({"block":"10.0.0.0/8","class":"static","relay":true,)"
                                     R"("subscriber":"s","plan":""})"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->directory->account("A")->subscriber, "s");
    EXPECT_EQ(read->directory->network(IpAddress::from_v4(0x0A000001))->klass, Class::fixed);
}

TEST(SnapshotFile, SaysWhichRowAndFieldIsWrong) {
    ASSERT_EQ(problem_of(file(account_row)), "accepted");
    const std::string row = account_row;
    const std::pair<std::string, std::string> cases[] = {
        {file(row + R"(,{"login":"b","subscriber":"s"})"), "accounts row 2: 'verifier' is missing"},
        {file(R"({"login":1,"subscriber":"s","verifier":"v"})"), "accounts row 1: 'login' is malformed"},
        {file(R"({"login":"a","subscriber":"s","verifier":"v","x":1})"), "accounts row 1: 'x' is unknown"},
        {file("7"), "'accounts' is not a list of rows"},
        {file("[" + row + "]"), "'accounts' is not a list of rows"},
        {file("", R"({"name":"p","messages":{"minute":4294967296},"recipients":{}})"),
         "plans row 1: 'messages'"},
        {file("", R"({"name":"p","messages":{},"recipients":{"week":1}})"), "plans row 1: 'recipients'"},
        {file("", R"({"name":"p","messages":[],"recipients":{}})"), "plans row 1: 'messages'"},
        {file("", "", R"({"block":"10.0.0.1/8","class":"static","relay":true,"subscriber":"","plan":""})"),
         "'block'"},
        {file("", "", R"({"block":"10.0.0.0/8","class":"fixed","relay":true,"subscriber":"","plan":""})"),
         "'class'"},
        {file("", "", R"({"block":"10.0.0.0/8","class":"static","relay":"yes","subscriber":"","plan":""})"),
         "'relay'"},
        {R"({"version":2,"plans":[],"subscribers":[],"accounts":[],"networks":[],"quarantine":[]})",
         "'version'"},
        {R"({"plans":[],"subscribers":[],"accounts":[],"networks":[],"quarantine":[]})", "'version'"},
        {R"({"version":1,"plans":[],"subscribers":[],"accounts":[],"networks":[]})",
         "'quarantine' is missing"},
        {R"({"version":1,"plans":[],"subscribers":[],"accounts":{"a":{}},"networks":[],"quarantine":[]})",
         "accounts"},
        {R"({"version":1,"plans":[],"subscribers":[],"accounts":[],"networks":[],"quarantine":[],"x":[]})",
         "'x'"},
        {R"({"version":1,"plans":[],"subscribers":[],"accounts":[],"networks":[],"quarantine":[],"x":[{}]})",
         "'x'"},
        {"[]", "not one JSON object"},
        {"[[{}]]", "not one JSON object"},
        {"", "not JSON"}};
    for (const auto& [text, wanted] : cases)
        EXPECT_NE(problem_of(text).find(wanted), std::string::npos) << text << " gave " << problem_of(text);
}

TEST(SnapshotFile, IdsOfQuarantineKeepAllTheirBits) {
    const auto entry = [](std::string_view id) {
        return file("", "", "",
                    R"({"id":)" + std::string(id) +
                        R"(,"subscriber":"s","level":"block","scope":"everything","part":"","reason":"","cause":"",)"
                        R"("author":"","token":"","start":"2026-11-21T12:00:00Z"})");
    };
    EXPECT_EQ(from_json(entry("9223372036854775807"))->quarantine->entries().front().id,
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(from_json(entry("-1"))->quarantine->entries().front().id, -1);
    EXPECT_NE(problem_of(entry("9223372036854775808")).find("'id'"), std::string::npos);
    EXPECT_NE(problem_of(entry("1.0")).find("'id'"), std::string::npos);
}

TEST(SnapshotFile, NeverThrowsOnDamage) {
    std::mt19937_64 random(11);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text = to_json(random_snapshot(random, 4));
        for (auto n = 1 + random() % 3; n > 0; --n)
            text[random() % text.size()] = static_cast<char>(random());
        if (random() % 4 == 0) text.resize(random() % text.size());
        refused += from_json(text) ? 0 : 1;
    }
    EXPECT_GT(refused, 1000);
    EXPECT_FALSE(from_json(std::string(200'000, '[')));
    std::string deep = file(R"({"login":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}");
    EXPECT_FALSE(from_json(deep));
}

TEST(SnapshotFile, BrokenTextInARowIsWrittenAsValidJson) {
    Directory::Rows rows;
    rows.accounts.emplace_back().login = "a\xFF\x80z";
    Snapshot snapshot;
    snapshot.directory = std::make_shared<const Directory>(std::move(rows));
    const auto read = from_json(to_json(snapshot));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->directory->rows().accounts.size(), 1u);
}

} // namespace
} // namespace lazaret::subscriber
