#include "message/trace.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret::message {
namespace {

Received sample() {
    Received trace;
    trace.helo = "pc.example.org";
    trace.client = *IpAddress::parse("192.0.2.7");
    trace.hostname = "smtp.example.net";
    trace.esmtp = true;
    trace.id = *TraceId::parse("01hfq3k8e000abcdefgh");
    trace.at = *parse_rfc3339("2026-11-21T10:42:00Z");
    return trace;
}

HeaderReader header_of(std::string_view content) {
    HeaderReader header;
    header.feed(content);
    header.finish();
    return header;
}

std::string missing(std::string_view content) {
    const Received trace = sample();
    return missing_fields(header_of(content), trace.id, trace.hostname, trace.at);
}

TEST(Received, LooksAsRfc5321Says) {
    EXPECT_EQ(received_field(sample()), "Received: from pc.example.org ([192.0.2.7])\r\n"
                                        "\tby smtp.example.net with ESMTP id 01hfq3k8e000abcdefgh;\r\n"
                                        "\tSat, 21 Nov 2026 10:42:00 +0000\r\n");
}

TEST(Received, TellsTlsAndNamesIpv6) {
    Received trace = sample();
    trace.client = *IpAddress::parse("2001:db8::1");
    trace.tls = trace.auth = true;
    trace.tls_version = "TLSv1.3";
    trace.tls_cipher = "TLS_AES_256_GCM_SHA384";
    EXPECT_EQ(received_field(trace), "Received: from pc.example.org ([IPv6:2001:db8::1])\r\n"
                                     "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n"
                                     "\tby smtp.example.net with ESMTPSA id 01hfq3k8e000abcdefgh;\r\n"
                                     "\tSat, 21 Nov 2026 10:42:00 +0000\r\n");
}

TEST(Received, KeywordsAreThoseOfRfc3848AndRfc6531) {
    const auto keyword = [](bool esmtp, bool tls, bool auth, bool utf8) {
        Received trace = sample();
        trace.esmtp = esmtp;
        trace.tls = tls;
        trace.auth = auth;
        trace.utf8 = utf8;
        return with_keyword(trace);
    };
    EXPECT_EQ(keyword(false, false, false, false), "SMTP");
    EXPECT_EQ(keyword(false, true, false, false), "SMTP"); // implicit TLS and HELO: no keyword exists
    EXPECT_EQ(keyword(true, false, false, false), "ESMTP");
    EXPECT_EQ(keyword(true, true, false, false), "ESMTPS");
    EXPECT_EQ(keyword(true, false, true, false), "ESMTPA");
    EXPECT_EQ(keyword(true, true, true, false), "ESMTPSA");
    EXPECT_EQ(keyword(true, false, false, true), "UTF8SMTP");
    EXPECT_EQ(keyword(true, true, false, true), "UTF8SMTPS");
    EXPECT_EQ(keyword(true, false, true, true), "UTF8SMTPA");
    EXPECT_EQ(keyword(true, true, true, true), "UTF8SMTPSA");
}

TEST(Received, TamesTheHelo) {
    const auto from = [](std::string_view helo) {
        Received trace = sample();
        trace.helo = helo;
        const std::string field = received_field(trace);
        return field.substr(15, field.find_first_of(" \r", 15) - 15);
    };
    EXPECT_EQ(from("[192.0.2.7]"), "[192.0.2.7]");
    EXPECT_EQ(from("[IPv6:2001:db8::1]"), "[IPv6:2001:db8::1]");
    EXPECT_EQ(from("my_pc-1"), "my_pc-1");
    EXPECT_EQ(from(""), "unknown");
    EXPECT_EQ(from("[]"), "??");
    EXPECT_EQ(from("a b\r\nBcc: x"), "a?b??Bcc??x");
    EXPECT_EQ(from("a(b)\"c\\;d\xC3\xA9"), "a?b??c??d??");
    EXPECT_EQ(from(std::string(3000, 'a')), std::string(255, 'a'));
}

TEST(Received, IsOneFieldWhateverTheClientSays) {
    std::mt19937 random(13);
    for (int i = 0; i < 5000; ++i) {
        std::string helo(random() % 400, '\0');
        for (char& c : helo)
            c = random() % 4 == 0 ? "\r\n\t :;()"[random() % 8] : static_cast<char>(random());
        Received trace = sample();
        trace.helo = helo;
        const std::string field = received_field(trace);
        const HeaderReader header = header_of(field + "\r\nbody");
        ASSERT_EQ(header.size(), field.size());
        ASSERT_EQ(header.count("Received"), 1u);
        ASSERT_TRUE(is_ascii(field));
        std::size_t fields = 0;
        for (FieldCursor cursor = header.fields(); cursor.next();)
            ++fields;
        ASSERT_EQ(fields, 1u);
        ASSERT_EQ(field.find(';'), field.rfind(';')); // the date follows the only one
        for (const std::string_view line : split(field, '\n'))
            ASSERT_LE(line.size(), 999u);
    }
}

TEST(MissingFields, AddsWhatIsNotThere) {
    const std::string date = "Date: Sat, 21 Nov 2026 10:42:00 +0000\r\n";
    const std::string id = "Message-ID: <01hfq3k8e000abcdefgh@smtp.example.net>\r\n";
    EXPECT_EQ(missing("Subject: x\r\n\r\nbody\r\n"), date + id);
    EXPECT_EQ(missing("date: x\r\n\r\nMessage-ID: <in@body>\r\n"), id);
    EXPECT_EQ(missing("MESSAGE-id: <a@b>\r\n\r\n"), date);
    EXPECT_EQ(missing("Message-ID: <a@b>\r\nDate: x\r\n\r\n"), "");
    EXPECT_EQ(missing("\r\nbody\r\n"), date + id);
    EXPECT_EQ(missing(""), date + id);
}

TEST(MissingFields, KeepsAContentWithoutHeaderApart) {
    for (const char* content : {"hello world\r\n", " folded\r\n", "From user Sat Nov 21 10:42:00 2026\r\n"}) {
        const std::string front = received_field(sample()) + missing(content);
        const HeaderReader whole = header_of(front + content);
        EXPECT_TRUE(whole.has("Received") && whole.has("Date") && whole.has("Message-ID")) << content;
        EXPECT_FALSE(whole.malformed()) << content;
        EXPECT_EQ((front + content).substr(whole.body_offset()), content);
    }
}

TEST(MissingFields, LeavesATruncatedHeaderAlone) {
    HeaderReader header(10);
    header.feed("Subject: longer than that\r\n\r\n");
    EXPECT_EQ(missing_fields(header, sample().id, "h", sample().at), "");
}

} // namespace
} // namespace lazaret::message
