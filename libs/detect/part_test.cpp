// One mailbox of a company with many.

#include "detect/part.hpp"

#include "detect/event_fixture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <unordered_map>

namespace lazaret::detect {
namespace {

using namespace test;

class PartTest : public testing::Test {
  protected:
    static constexpr int mailboxes = 40;

    std::optional<Suspicion> feed(const event::Event& event) {
        return detect::feed(
            detector, [this](const std::string& id) -> State& { return states[id]; }, campaigns, event);
    }
    event::Event message(int mailbox, Time at, std::uint64_t recipient) const {
        event::Event e = relayed(at, recipient);
        e.subscriber = "firm";
        e.account = "u" + std::to_string(mailbox) + "@firm.example";
        e.sender_hash = 1000 + static_cast<std::uint64_t>(mailbox);
        e.helo = "pc" + std::to_string(mailbox);
        e.recipients[0].hash = mixed(recipient);
        return e;
    }
    /// A working day of everybody: mail to people known, and to three in a hundred that are not.
    void work(Time day) {
        for (int minute = 0; minute < 480; minute += 2) {
            const int mailbox = static_cast<int>(random() % mailboxes);
            const auto recipient = random() % 100 < 3 ? random() : static_cast<std::uint64_t>(mailbox * 100) + random() % 15;
            const auto e = message(mailbox, day + minute * 1min, recipient);
            ASSERT_FALSE(feed(e));
            auto delivered = result(e.at + 2s, e, random() % 100 == 0);
            delivered.account = e.account;
            ASSERT_FALSE(feed(delivered));
        }
    }

    Detector detector{Options()};
    Campaigns campaigns;
    std::unordered_map<std::string, State> states;
    std::mt19937_64 random{7};
};

TEST_F(PartTest, a_mailbox_with_a_stolen_password_is_found_behind_a_company) {
    for (int day = 0; day < 20; ++day)
        ASSERT_NO_FATAL_FAILURE(work(start + day * 24h));
    const Time night = start + 20 * 24h;
    std::optional<Suspicion> found;
    int sent = 0;
    for (; sent < 200 && !found; ++sent) {
        auto e = message(7, night + sent * 1min, random());
        e.client = IpAddress::parse("198.51." + std::to_string(sent % 40) + ".1").value();
        found = feed(e);
        if (!found) {
            auto delivered = result(e.at + 2s, e, sent % 5 == 0);
            delivered.account = e.account;
            found = feed(delivered);
        }
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->scope, subscriber::Scope::account);
    EXPECT_EQ(found->part, "u7@firm.example");
    EXPECT_EQ(words(*found).find("account u7@firm.example: "), 0u);
    EXPECT_LE(sent, 20);
    EXPECT_NEAR(found->threshold, detector.threshold() + std::log(mailboxes), 0.5) << "false alarms are shared out";
}

TEST_F(PartTest, what_the_whole_was_judged_for_is_not_held_against_the_part) {
    for (int day = 0; day < 3; ++day)
        ASSERT_NO_FATAL_FAILURE(work(start + day * 24h));
    const Time night = start + 3 * 24h;
    std::optional<Suspicion> found;
    for (int sent = 0; sent < 200 && !found; ++sent) {
        auto e = message(7, night + sent * 1min, random());
        e.client = IpAddress::parse("198.51." + std::to_string(sent % 40) + ".1").value();
        found = feed(e);
        auto delivered = result(e.at + 2s, e, sent % 3 == 0);
        delivered.account = e.account;
        if (!found) found = feed(delivered);
    }
    ASSERT_TRUE(found);
    states["firm"].clear_evidence(found->at + 2s);
    EXPECT_FALSE(feed(message(7, found->at + 1h, 702)));
}

TEST_F(PartTest, what_comes_from_all_of_them_is_the_subscriber) {
    for (int day = 0; day < 3; ++day)
        ASSERT_NO_FATAL_FAILURE(work(start + day * 24h));
    std::optional<Suspicion> found;
    for (int sent = 0; sent < 300 && !found; ++sent) {
        auto e = message(sent % mailboxes, start + 3 * 24h + sent * 20s, random());
        e.fingerprint = random();
        e.findings = {"pills:warn:10"};
        found = feed(e);
        auto delivered = result(e.at + 2s, e, sent % 3 == 0);
        delivered.account = e.account;
        if (!found) found = feed(delivered);
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->scope, subscriber::Scope::everything);
    EXPECT_EQ(found->part, "");
}

TEST_F(PartTest, of_a_server_that_bounces_only_the_bounces_are_at_fault) {
    for (int day = 0; day < 3; ++day)
        ASSERT_NO_FATAL_FAILURE(work(start + day * 24h));
    std::optional<Suspicion> found;
    for (int sent = 0; sent < 500 && !found; ++sent) {
        auto e = message(3, start + 3 * 24h + sent * 20s, random());
        e.null_sender = true;
        e.sender_hash = 0;
        found = feed(e);
    }
    ASSERT_TRUE(found);
    EXPECT_EQ(found->cause, "backscatter");
    EXPECT_EQ(found->scope, subscriber::Scope::bounces);
    EXPECT_EQ(found->part, "");
}

TEST_F(PartTest, one_mailbox_needs_no_second_state) {
    for (int i = 0; i < 50; ++i)
        feed(message(7, start + i * 1min, 5));
    EXPECT_EQ(states.size(), 1u);
    feed(message(8, start + 1h, 5));
    EXPECT_EQ(states.size(), 3u) << "the firm, and both mailboxes";
    EXPECT_EQ(states[part_id("firm", part_of(message(7, start, 5)))].messages, 50u) << "what the first one did is known";
}

TEST_F(PartTest, nobody_can_make_more_of_them_than_that) {
    for (int i = 0; i < 20'000; ++i) {
        auto e = message(0, start + i * 1s, 5);
        e.account.clear();
        e.client = IpAddress::parse("2001:db8:" + std::to_string(i % 1000) + ":" + std::to_string(i / 1000) + "::" +
                                    std::to_string(i % 7))
                       .value();
        feed(e);
    }
    EXPECT_LE(states.size(), 1u + most_parts);
    EXPECT_GT(states.size(), 3000u);
}

} // namespace
} // namespace lazaret::detect
