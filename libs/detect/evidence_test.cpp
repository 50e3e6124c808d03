// What is read off one event.

#include "core/text.hpp"
#include "detect/event_fixture.hpp"
#include "detect/evidence.hpp"

#include <gtest/gtest.h>

namespace lazaret::detect {
namespace {

using namespace test;

TEST(Evidence, a_message_is_caught_by_the_sum_of_its_findings) {
    const Reading reading;
    event::Event warned = relayed(start);
    warned.findings = {"a:b:warn:6", "c:enforce:5", "no score", "x:warn:nan", ":", "1:"};
    EXPECT_TRUE(observe(warned, reading).is_caught);
    EXPECT_EQ(observe(warned, reading).rule, "a:b");
    warned.findings = {"a:warn:6"};
    EXPECT_FALSE(observe(warned, reading).is_caught) << "below the score it is an ordinary message";
    EXPECT_EQ(observe(refused(start, RefusedBy::content), reading).rule, "rule1");
}

TEST(Evidence, knows_the_codes_of_a_missing_address_and_the_network_of_a_client) {
    for (const char* code : {"5.1.1", "5.1.2", "5.1.3", "5.1.10"})
        EXPECT_TRUE(says_nonexistent(code)) << code;
    for (const char* code : {"", "5", "4.1.1", "5.1.8", "5.7.1", "5.2.2", "5.1.100", "5.1.1x"})
        EXPECT_FALSE(says_nonexistent(code)) << code;
    const auto network = [](const char* text) { return network_of(IpAddress::parse(text).value()); };
    EXPECT_EQ(network("192.0.2.1"), network("192.0.2.200"));
    EXPECT_NE(network("192.0.2.1"), network("192.0.3.1"));
    EXPECT_EQ(network("2001:db8:1:2::1"), network("2001:db8:1:ffff::9"));
    EXPECT_NE(network("2001:db8:1::1"), network("2001:db8:2::1"));
    EXPECT_EQ(network_of(IpAddress()), 0u);
}

TEST(Evidence, a_recipient_that_does_not_exist_is_known_by_words_too) {
    const auto says_nonexistent = [](const char* reply) { return Replies::standard()->says_nonexistent(ascii_lowercase(reply)); };
    for (const char* reply : {"host mx.isle.example[192.0.2.7] said: 550 <anna@isle.example>: Recipient address rejected: User unknown",
                              "550 5.7.1 No such user here", "554 delivery error: This user doesn't have a isle.example account",
                              "550 The email account that you tried to reach does not exist"})
        EXPECT_TRUE(says_nonexistent(reply)) << reply;
    for (const char* reply : {"550 5.7.1 Message rejected as spam", "552 5.2.2 Mailbox full", "550 Sender address does not exist",
                              "554 5.7.1 Service unavailable; client blocked using zen.spamhaus.org", "550 Your host doesn't have a PTR record", ""})
        EXPECT_FALSE(says_nonexistent(reply)) << reply;

    event::Event bounced;
    bounced.type = event::Type::delivery_result;
    bounced.delivery = event::DeliveryStatus::bounced;
    bounced.enhanced = "5.0.0";
    bounced.reason = "550 unknown user";
    EXPECT_EQ(observe(bounced, Reading()).nonexistent, 1u);
    EXPECT_FALSE(observe(bounced, Reading()).is_unauthenticated);
    bounced.delivery = event::DeliveryStatus::deferred; // greylisting, or a server in trouble
    EXPECT_EQ(observe(bounced, Reading()).nonexistent, 0u);
}

} // namespace
} // namespace lazaret::detect
