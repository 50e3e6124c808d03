#include "subscriber/snapshot.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::subscriber {
namespace {

const Time noon = *parse_rfc3339("2026-11-21T12:00:00Z");

Network network(std::string_view block, std::string subscriber) {
    Network out;
    out.block = *Cidr::parse(block);
    out.subscriber = std::move(subscriber);
    return out;
}

std::string owner(const Directory& directory, std::string_view address) {
    const Network* found = directory.network(*IpAddress::parse(address));
    return found == nullptr ? "none" : found->subscriber;
}

Quarantine confinement(std::string subscriber, Level level, Time start, std::optional<Time> expiry,
                       std::int64_t id) {
    Quarantine out;
    out.id = id;
    out.subscriber = std::move(subscriber);
    out.level = level;
    out.start = start;
    out.expiry = expiry;
    return out;
}

TEST(Model, NamesAreThoseOfTheDesign) {
    EXPECT_EQ(to_string(Class::fixed), "static");
    for (const Class value : {Class::dynamic, Class::fixed, Class::business, Class::trusted})
        EXPECT_EQ(*parse_class(to_string(value)), value);
    for (const Level level : {Level::watch, Level::throttle, Level::divert, Level::block, Level::garden})
        EXPECT_EQ(*parse_level(to_string(level)), level);
    EXPECT_EQ(parse_class("fixed").error().message,
              "'fixed' is not a class (dynamic, static, business, trusted)");
    EXPECT_FALSE(parse_level("Block"));
    EXPECT_FALSE(parse_level(""));
}

TEST(Directory, AnEmptyOneKnowsNobody) {
    const Directory directory;
    EXPECT_EQ(directory.account("a"), nullptr);
    EXPECT_EQ(directory.subscriber("a"), nullptr);
    EXPECT_EQ(directory.plan(""), nullptr);
    EXPECT_EQ(directory.network(IpAddress()), nullptr);
}

TEST(Directory, FindsByName) {
    Directory::Rows rows;
    rows.plans.resize(1);
    rows.plans[0].name = "residential";
    rows.subscribers.resize(2);
    rows.subscribers[0].id = "s-1";
    rows.subscribers[1].id = "S-1";
    rows.accounts.resize(2);
    rows.accounts[0].login = "Anna@Example.ORG";
    rows.accounts[1].login = "bert";
    const Directory directory(rows);
    ASSERT_NE(directory.account("aNNA@example.org"), nullptr);
    EXPECT_EQ(directory.account("anna@example.org")->login, "Anna@Example.ORG");
    EXPECT_EQ(directory.account("BERT")->login, "bert");
    EXPECT_EQ(directory.account("bert "), nullptr);
    EXPECT_EQ(directory.subscriber("S-1"), &directory.rows().subscribers[1]);
    EXPECT_EQ(directory.subscriber("s-2"), nullptr);
    EXPECT_EQ(directory.plan("residential")->name, "residential");
    EXPECT_EQ(directory.plan("Residential"), nullptr);
}

TEST(Directory, TheMostSpecificNetworkWins) {
    Directory::Rows rows;
    rows.networks = {network("10.0.0.0/8", "eight"), network("10.1.0.0/16", "sixteen"),
                     network("10.1.2.3", "host"), network("::/0", "any6"), network("2001:db8::/32", "v6")};
    const Directory directory(rows);
    EXPECT_EQ(owner(directory, "10.1.2.3"), "host");
    EXPECT_EQ(owner(directory, "10.1.2.4"), "sixteen");
    EXPECT_EQ(owner(directory, "10.2.0.0"), "eight");
    EXPECT_EQ(owner(directory, "11.0.0.0"), "none"); // "::/0" holds no IPv4
    EXPECT_EQ(owner(directory, "::ffff:10.2.0.0"), "eight");
    EXPECT_EQ(owner(directory, "2001:db8::1"), "v6");
    EXPECT_EQ(owner(directory, "2001:db9::1"), "any6");
}

TEST(Directory, NetworksAgreeWithALinearScan) {
    std::mt19937 random(9);
    // Few bits vary, so that blocks nest and addresses hit them.
    const auto address = [&] {
        if (random() % 2 == 0)
            return IpAddress::from_v4((10u << 24) | (random() & 0xC00381) | (random() % 16) << 28);
        std::array<std::uint8_t, 16> bytes{0x20, 0x01};
        for (const std::size_t i : {0, 3, 7, 8, 9, 12, 15})
            bytes[i] = static_cast<std::uint8_t>(random() & 0x81);
        return IpAddress::from_v6(bytes);
    };
    for (int round = 0; round < 60; ++round) {
        Directory::Rows rows;
        for (auto n = random() % 60; n > 0; --n) {
            const IpAddress base = address();
            const Cidr block(base, static_cast<int>(random() % (base.is_v4() ? 33 : 129)));
            const auto same = [&](const Network& other) { return other.block == block; };
            if (std::any_of(rows.networks.begin(), rows.networks.end(), same)) continue;
            rows.networks.emplace_back().block = block;
        }
        const Directory directory(rows);
        for (int i = 0; i < 500; ++i) {
            const IpAddress asked = address();
            std::optional<Cidr> wanted;
            for (const Network& candidate : rows.networks)
                if (candidate.block.contains(asked) &&
                    (!wanted || candidate.block.prefix() > wanted->prefix()))
                    wanted = candidate.block;
            const Network* found = directory.network(asked);
            ASSERT_EQ(found != nullptr, wanted.has_value()) << asked.to_string();
            if (wanted) {
                ASSERT_EQ(found->block, *wanted) << asked.to_string();
            }
        }
    }
}

TEST(Directory, CopiesStandAlone) {
    std::optional<Directory> copy;
    {
        Directory::Rows rows;
        rows.accounts.emplace_back().login = "a";
        rows.networks = {network("10.0.0.0/8", "eight")};
        const Directory original(rows);
        copy = original;
    }
    EXPECT_EQ(copy->account("A")->login, "a");
    EXPECT_EQ(owner(*copy, "10.0.0.1"), "eight");
}

TEST(QuarantineList, TheMostSevereActiveEntryWins) {
    using std::chrono::hours;
    const QuarantineList list({confinement("b", Level::watch, noon, std::nullopt, 1),
                               confinement("a", Level::throttle, noon, std::nullopt, 2),
                               confinement("a", Level::block, noon, noon + hours(1), 3),
                               confinement("a", Level::garden, noon + hours(3), std::nullopt, 4)});
    const auto id = [&](std::string_view subscriber, Time at) {
        const Quarantine* found = list.find({.subscriber = subscriber, .account = {}, .client = {}}, at);
        return found == nullptr ? 0 : found->id;
    };
    EXPECT_EQ(id("a", noon - Duration(1)), 0);
    EXPECT_EQ(id("a", noon), 3);
    EXPECT_EQ(id("a", noon + hours(1) - Duration(1)), 3);
    EXPECT_EQ(id("a", noon + hours(1)), 2); // the expiry itself is free again
    EXPECT_EQ(id("a", noon + hours(3)), 4);
    EXPECT_EQ(id("b", noon), 1);
    EXPECT_EQ(id("aa", noon), 0);
    EXPECT_EQ(id("", noon), 0);
    EXPECT_EQ(QuarantineList().find({.subscriber = "a", .account = {}, .client = {}}, noon), nullptr);
}

TEST(QuarantineList, AConfinementIsAboutNoMoreThanItsScope) {
    auto mailbox = confinement("a", Level::block, noon, std::nullopt, 1);
    mailbox.scope = Scope::account;
    mailbox.part = "anna@a.example";
    auto server = confinement("a", Level::garden, noon, std::nullopt, 2);
    server.scope = Scope::address;
    server.part = "192.0.2.1";
    auto bounces = confinement("a", Level::divert, noon, std::nullopt, 3);
    bounces.scope = Scope::bounces;
    const QuarantineList list({mailbox, server, bounces, confinement("a", Level::watch, noon, std::nullopt, 4)});
    const auto id = [&](std::string_view account, const char* client, bool null_sender) {
        const Quarantine* found =
            list.find({.subscriber = "a", .account = account, .client = IpAddress::parse(client).value(), .null_sender = null_sender}, noon);
        return found == nullptr ? 0 : found->id;
    };
    EXPECT_EQ(id("Anna@A.example", "192.0.2.1", false), 1); // of its address only what has no login
    EXPECT_EQ(id("bert@a.example", "192.0.2.1", false), 4);
    EXPECT_EQ(id("", "192.0.2.1", true), 2);
    EXPECT_EQ(id("", "192.0.2.2", true), 3);
    EXPECT_EQ(id("", "192.0.2.2", false), 4);
    EXPECT_EQ(QuarantineList({mailbox}).find({.subscriber = "a", .account = "bert@a.example", .client = {}}, noon), nullptr);
}

} // namespace
} // namespace lazaret::subscriber
