#include "detect/postfix_log.hpp"

#include <gtest/gtest.h>

namespace lazaret::detect {
namespace {

using event::DeliveryStatus;

const std::string trace = "06g3k2m9x8abcdefghjk";

template <class T> const T* as(const LogLine& line) {
    return std::get_if<T>(&line.what);
}

TEST(PostfixLog, ties_a_queue_id_to_our_trace) {
    const auto line = parse_postfix_line(
        "Nov 21 10:42:00 mx postfix-out/smtpd[1234]: 4XyZ12abcDz9: client=localhost[127.0.0.1], "
        "sasl_method=PLAIN, sasl_username=bob, orig_queue_id=" +
        trace + ", orig_client=pc[192.0.2.7]");
    ASSERT_TRUE(as<QueueEntry>(line));
    EXPECT_EQ(as<QueueEntry>(line)->queue_id, "4XyZ12abcDz9");
    EXPECT_EQ(as<QueueEntry>(line)->trace.view(), trace);
    EXPECT_EQ(line.stamp, "Nov 21 10:42:00");
}

TEST(PostfixLog, other_peoples_mail_has_no_trace) {
    for (const char* text :
         {"Nov 21 10:42:00 mx postfix/smtpd[1]: A1B2C3D4E5: client=localhost[127.0.0.1]",
          "Nov 21 10:42:00 mx postfix/smtpd[1]: A1B2C3D4E5: client=x[1.2.3.4], orig_queue_id=ABCDEF",
          "Nov 21 10:42:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[1.2.3.4]: 554 5.7.1 "
          "<a@b>: no; from=<c@d> to=<a@b> proto=ESMTP helo=<x>"})
        EXPECT_TRUE(as<Other>(parse_postfix_line(text))) << text;
}

TEST(PostfixLog, reads_a_delivery) {
    const auto line = parse_postfix_line(
        "2026-11-21T10:42:01.123456+01:00 mx postfix/smtp[77]: A1B2C3D4E5: to=<Bob@Example.net>, "
        "relay=mx.example.net[203.0.113.9]:25, conn_use=2, delay=0.9, delays=0.1/0/0.5/0.3, dsn=2.0.0, "
        "status=sent (250 2.0.0 Ok: queued as 1234)");
    const auto* result = as<DeliveryLine>(line);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->recipient, "Bob@Example.net");
    EXPECT_EQ(result->relay, "mx.example.net");
    EXPECT_EQ(result->enhanced, "2.0.0");
    EXPECT_EQ(result->reply_code, 250);
    EXPECT_EQ(result->status, DeliveryStatus::sent);
    EXPECT_EQ(result->text, "250 2.0.0 Ok: queued as 1234");
}

TEST(PostfixLog, reads_bounces_deferrals_and_local_transports) {
    struct Case {
        const char *rest, *recipient, *relay, *enhanced;
        int code;
        DeliveryStatus status;
    };
    const Case cases[] = {
        {"smtp[7]: A1B2C3D4E5: to=<x@example.org>, relay=mx[203.0.113.9]:25, delay=1, delays=0/0/1/0, "
         "dsn=5.1.1, "
         "status=bounced (host mx[203.0.113.9] said: 550 5.1.1 <x@example.org>: unknown (in reply to RCPT TO "
         "command))",
         "x@example.org", "mx", "5.1.1", 550, DeliveryStatus::bounced},
        {"smtp[7]: A1B2C3D4E5: to=<x@example.org>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, "
         "status=deferred "
         "(connect to mx[203.0.113.9]:25: Connection timed out)",
         "x@example.org", "none", "4.4.1", 0, DeliveryStatus::deferred},
        {"local[7]: A1B2C3D4E5: to=<joe@mx.example>, orig_to=<alias@example.org>, relay=local, delay=1, "
         "delays=0/0/0/1, "
         "dsn=2.0.0, status=sent (delivered to maildir)",
         "alias@example.org", "local", "2.0.0", 0, DeliveryStatus::sent},
        {"error[7]: A1B2C3D4E5: to=<x@gone.example>, relay=none, delay=0, delays=0/0/0/0, dsn=5.1.2, "
         "status=bounced "
         "(Host or domain name not found. Name service error for name=gone.example type=A: Host not found)",
         "x@gone.example", "none", "5.1.2", 0, DeliveryStatus::bounced},
        {"virtual[7]: A1B2C3D4E5: to=<x@v.example>, relay=virtual, delay=0, delays=0/0/0/0, dsn=5.1.1, "
         "status=bounced "
         "(unknown user: \"x@v.example\")",
         "x@v.example", "virtual", "5.1.1", 0, DeliveryStatus::bounced},
        {"smtp[7]: A1B2C3D4E5: to=<x@n.example>, relay=n[::1]:25, delay=0, delays=0/0/0/0, tls=TLSv1.3, "
         "dsn=5.7.1, "
         "status=bounced (host n[::1] said: 554-5.7.1 blocked)",
         "x@n.example", "n", "5.7.1", 554, DeliveryStatus::bounced},
    };
    for (const Case& c : cases) {
        const auto line = parse_postfix_line(std::string("Nov  1 10:42:00 mx postfix-out/") + c.rest);
        const auto* result = as<DeliveryLine>(line);
        ASSERT_TRUE(result) << c.rest;
        EXPECT_EQ(result->recipient, c.recipient);
        EXPECT_EQ(result->relay, c.relay);
        EXPECT_EQ(result->enhanced, c.enhanced);
        EXPECT_EQ(result->reply_code, c.code);
        EXPECT_EQ(result->status, c.status);
    }
}

TEST(PostfixLog, strangers_words_do_not_become_fields) {
    const auto line = parse_postfix_line(
        "Nov 21 10:42:00 mx postfix/smtp[7]: A1B2C3D4E5: to=<\"a, dsn=2.0.0, status=sent\"@example.org>, "
        "relay=mx[203.0.113.9]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=bounced (host mx said: 550 no, "
        "dsn=2.0.0, "
        "status=sent (250 ok))");
    const auto* result = as<DeliveryLine>(line);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, DeliveryStatus::bounced);
    EXPECT_EQ(result->enhanced, "5.1.1");
    EXPECT_EQ(result->recipient, "\"a, dsn=2.0.0, status=sent\"@example.org");
}

TEST(PostfixLog, knows_expiry_and_removal) {
    EXPECT_TRUE(as<Expired>(parse_postfix_line("Nov 21 10:42:00 mx postfix/qmgr[7]: A1B2C3D4E5: "
                                               "from=<a@b.example>, status=expired, returned to sender")));
    EXPECT_TRUE(as<Expired>(parse_postfix_line("Nov 21 10:42:00 mx postfix/qmgr[7]: A1B2C3D4E5: from=<>, "
                                               "status=force-expired, returned to sender")));
    EXPECT_TRUE(as<Removed>(parse_postfix_line("Nov 21 10:42:00 mx postfix/qmgr[7]: A1B2C3D4E5: removed")));
    EXPECT_TRUE(as<Other>(parse_postfix_line("Nov 21 10:42:00 mx postfix/qmgr[7]: A1B2C3D4E5: "
                                             "from=<a@b.example>, size=512, nrcpt=1 (queue active)")));
}

TEST(PostfixLog, takes_any_garbage) {
    const std::string whole =
        "Nov 21 10:42:00 mx postfix/smtp[7]: A1B2C3D4E5: to=<a@b>, relay=none, delay=1, "
        "delays=0/0/1/0, dsn=5.1.1, status=bounced (no)";
    for (std::size_t n = 0; n <= whole.size(); ++n) {
        parse_postfix_line(std::string(whole, 0, n));
        parse_postfix_line(std::string(whole, n));
    }
    EXPECT_TRUE(as<Other>(parse_postfix_line(std::string(100000, 'x'))));
}

TEST(PostfixLog, times_without_year_are_the_newest_possible) {
    const Time reference = parse_rfc3339("2026-01-02T00:30:00Z").value();
    const auto hour = std::chrono::hours(1);
    EXPECT_EQ(format_rfc3339(log_time("Jan  2 01:29:00", reference, hour).value()),
              "2026-01-02T00:29:00.000000Z");
    EXPECT_EQ(format_rfc3339(log_time("Dec 31 23:00:00", reference, hour).value()),
              "2025-12-31T22:00:00.000000Z");
    EXPECT_EQ(format_rfc3339(log_time("Feb 29 12:00:00", reference, {}).value()),
              "2024-02-29T12:00:00.000000Z");
    EXPECT_EQ(format_rfc3339(log_time("2026-01-01T12:00:00+01:00", reference, hour).value()),
              "2026-01-01T11:00:00.000000Z");
    for (const char* text : {"", "Foo 12 10:00:00", "Jan 99 10:00:00", "Jan  1 25:00:00", "Jan  1 10:00:0x"})
        EXPECT_FALSE(log_time(text, reference, {})) << text;
}

} // namespace
} // namespace lazaret::detect
