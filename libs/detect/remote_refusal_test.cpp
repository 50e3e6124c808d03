#include "detect/remote_refusal.hpp"

#include <gmock/gmock.h>

namespace lazaret::detect {
namespace {

RemoteRefusal read(const std::string& text, event::DeliveryStatus status = event::DeliveryStatus::bounced) {
    event::Event e;
    e.type = event::Type::delivery_result;
    e.delivery = status;
    e.reason = text;
    return read_refusal(e, *Replies::standard());
}

struct Example {
    const char* text;
    Why why;
    const char* list;
    const char* address; // "" for none
};

// As Postfix logs them, cut to 200 octets as an event has them.
const Example examples[] = {
    {"host mx.example.net[203.0.113.5] said: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
     "https://www.spamhaus.org/query/ip/192.0.2.1 (in reply to RCPT TO command)",
     Why::listed, "zen.spamhaus.org", "192.0.2.1"},
    {"host mx.example.net[203.0.113.5] refused to talk to me: 554-mx.example.net 554 Your IP 192.0.2.1 is listed by www.spamhaus.org.",
     Why::listed, "spamhaus.org", "192.0.2.1"},
    {"host mx[203.0.113.5] said: 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service "
     "provider since part of their network is on our block list (S3140).",
     Why::listed, "", "192.0.2.1"},
    {"host mx[203.0.113.5] said: 550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit",
     Why::listed, "", "192.0.2.1"},
    {"host mx[2001:db8::5] said: 550-5.7.1 [2001:db8:1::9      12] Our system has detected that this message is 550-5.7.1 likely "
     "unsolicited mail.",
     Why::unwanted, "", "2001:db8:1::9"},
    {"host mx[203.0.113.5] said: 421-4.7.0 [192.0.2.1      15] Our system has detected an unusual rate of unsolicited mail originating",
     Why::reputation, "", "192.0.2.1"},
    {"host mx[203.0.113.5] refused to talk to me: 421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected "
     "volume or user complaints - 4.16.55.1;",
     Why::reputation, "", "192.0.2.1"},
    {"host mx[203.0.113.5] said: 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.",
     Why::reputation, "", ""},
    {"host mx[203.0.113.5] said: 550 Blocked: 192.0.2.1 found, listed in bl.lists.example, see there", Why::listed, "bl.lists.example",
     "192.0.2.1"},
    {"host mx[203.0.113.5] said: 553 5.3.0 DNSBL:RBL 521< 192.0.2.1 >_is_blocked.", Why::listed, "", "192.0.2.1"},
    {"host mx[203.0.113.5] said: 550 5.7.1 Message rejected as spam by Content Filtering.", Why::unwanted, "", ""},
    {"host mx[2001:db8::5] said: 550-5.7.26 This mail has been blocked because the sender is unauthenticated. 550-5.7.26 Gmail requires",
     Why::unauthenticated, "", ""},
    {"host mx[203.0.113.5] said: 550 5.7.23 <***@isle.example>: Recipient address rejected: Message rejected due to: SPF fail - not "
     "authorized. Please see http://www.openspf.net/Why",
     Why::unauthenticated, "", ""},
    {"host mx[203.0.113.5] said: 550 5.7.509 Access denied, sending domain shop.example does not pass DMARC verification and has a DMARC",
     Why::unauthenticated, "", ""},
    {"host mx[203.0.113.5] said: 550 5.1.8 <***@shop.example>: Sender address rejected: Domain not found", Why::unauthenticated, "", ""},
    {"host mx[203.0.113.5] said: 550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", Why::none, "", ""},
    {"host mx[203.0.113.5] said: 452 4.2.2 Mailbox full", Why::none, "", ""},
    {"Host or domain name not found. Name service error for name=blacklist.example type=MX: Host not found", Why::none, "", ""},
    {"connect to spamhaus.example[203.0.113.7]:25: Connection timed out", Why::none, "", ""},
};

TEST(RemoteRefusal, is_told_by_its_words) {
    for (const Example& example : examples) {
        const auto found = read(std::string(example.text).substr(0, 200));
        EXPECT_EQ(found.why, example.why) << example.text;
        EXPECT_EQ(found.list, example.list) << example.text;
        const std::string address = found.addresses.empty() ? "" : found.addresses[0].to_string();
        EXPECT_EQ(address, example.address) << example.text;
    }
    EXPECT_EQ(read(examples[0].text, event::DeliveryStatus::sent).why, Why::none);
    EXPECT_EQ(read(examples[0].text, event::DeliveryStatus::deferred).why, Why::listed);
}

TEST(RemoteRefusal, may_mean_what_it_does_not_exclude) {
    const auto zen = read(examples[0].text), own = read(examples[2].text);
    EXPECT_TRUE(zen.may_mean("zen.spamhaus.org"));
    EXPECT_TRUE(zen.may_mean("SBL.Spamhaus.org"));
    EXPECT_FALSE(zen.may_mean("bl.spamcop.net"));
    EXPECT_TRUE(own.may_mean("bl.spamcop.net")) << "it names no list";
    EXPECT_TRUE(zen.may_mean(IpAddress::parse("192.0.2.1").value()));
    EXPECT_FALSE(zen.may_mean(IpAddress::parse("192.0.2.2").value()));
    EXPECT_TRUE(read(examples[7].text).may_mean(IpAddress::parse("192.0.2.2").value())) << "it names no address";
}

} // namespace
} // namespace lazaret::detect
