#include "scan/reading.hpp"

#include "core/text.hpp"
#include "event/name_hash.hpp"
#include "message/fingerprint.hpp"

#include <gtest/gtest.h>

namespace lazaret::scan {
namespace {

const std::string words = "Our summer catalogue shows many garden chairs, tables, lamps and blankets for long warm\r\n"
                          "evenings outside. Come and see them at https://shop.example.com/summer before Monday.\r\n";

/// Header fields, CRLF each, and a body.
struct Mail {
    std::string octets;
    std::size_t body_at;

    Mail(const std::string& fields, const std::string& body) : octets(fields + "\r\n" + body), body_at(fields.size() + 2) {}
    Reading read() const { return Reading(octets, body_at); }
};

std::string quoted_printable(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == 'a') out += "=61";
        else if (c == 'w') out += "w=\r\n";
        else out += c;
    }
    return out;
}

TEST(Reading, APlainMessageIsReadWithoutTakingItApart) {
    for (const char* fields :
         {"", "Subject: x\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n",
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"ISO-8859-1\"; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n"}) {
        const Mail mail(fields, words);
        auto reading = mail.read();
        EXPECT_TRUE(reading.is_plain()) << fields;
        EXPECT_EQ(std::string(reading.text()) + "\n", reading.mime().text());
        EXPECT_EQ(reading.raw(), words);
        ASSERT_EQ(reading.uris().size(), 1u);
        EXPECT_EQ(reading.uris()[0].host, "shop.example.com");
    }
}

TEST(Reading, WhatHasStructureIsTakenApart) {
    for (const char* fields :
         {"Content-Type: text/html\r\n", "Content-Transfer-Encoding: base64\r\n", "Content-Disposition: attachment\r\n",
          "Content-Type: multipart/mixed; boundary=x\r\n", "Content-Type: text/plain; name=a.exe\r\n",
          "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "content-transfer-encoding : quoted-printable\r\n",
          "Content-Type: application/octet-stream\r\n"})
        EXPECT_FALSE(Mail(fields, words).read().is_plain()) << fields;
    EXPECT_FALSE(Mail("", "<html><body>x").read().is_plain());
    EXPECT_FALSE(Mail("", std::string("MZ\0\0", 4)).read().is_plain());
}

TEST(Reading, ItSaysWhatTheFullReadingSays) {
    const std::vector<std::string> bodies = {"", "x", "a\r\nb\nc\rd\r\n\r\n", "Gr\xC3\xBC\xC3\x9F" "e\r\n", "Gr\xFC\xDF" "e\r\n",
                                             "zero\xE2\x80\x8Bwidth soft\xC2\xADhyphen\r\n", "\x1b$B1V8l\x1b(B\r\n",
                                             "+AGEAYg-", "a\x01\x7F www.example.org/x", "<b>not html</b>"};
    for (const char* charset : {"", "us-ascii", "utf-8", "iso-8859-2", "koi8-r", "iso-2022-jp", "utf-7", "utf-16", "nonsense"})
        for (const auto& body : bodies) {
            const Mail mail("Subject: =?utf-8?q?see_http://b=2Eexample/?=\r\nContent-Type: text/plain; charset=" +
                                std::string(charset) + "\r\n", body);
            auto reading = mail.read();
            ASSERT_TRUE(reading.is_plain());
            const auto& full = reading.mime();
            ASSERT_EQ(full.texts.size(), 1u) << charset << ": " << body;
            EXPECT_EQ(reading.text(), full.texts[0].visible) << charset << ": " << body;
            ASSERT_EQ(reading.uris().size(), full.uris.size());
            for (std::size_t i = 0; i < full.uris.size(); ++i)
                EXPECT_EQ(reading.uris()[i].uri, full.uris[i].uri);
        }
}

TEST(Reading, OneTextHasOneFingerprintInEveryForm) {
    const auto of = [](const std::string& fields, const std::string& body) { return Mail(fields, body).read().fingerprint(); };
    const auto plain = of("Subject: x\r\n", words);
    EXPECT_NE(plain, 0u);
    EXPECT_EQ(plain, message::fingerprint(words));
    EXPECT_EQ(plain, of("Content-Transfer-Encoding: base64\r\n", base64_encode(words)));
    EXPECT_EQ(plain, of("Content-Transfer-Encoding: quoted-printable\r\n", quoted_printable(words)));
    EXPECT_EQ(plain, of("Content-Type: text/html\r\n", "<html><style>p {}</style><p>" + words + "</p>"));
    EXPECT_EQ(plain, of("Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n",
                        base64_encode("<p>" + words + "</p><p style='display:none'>" + "unseen words of a filter's taste</p>")));
    EXPECT_EQ(plain, of("Content-Type: multipart/alternative; boundary=b\r\n",
                        "--b\r\n\r\n" + words + "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>" + words + "</p>\r\n--b--\r\n"));
    EXPECT_EQ(plain, of("Content-Type: multipart/mixed; boundary=b\r\n",
                        "--b\r\n\r\n" + words + "\r\n--b\r\nContent-Type: text/plain; name=other.txt\r\n\r\n" +
                            "another text that is only attached and says quite different things to us\r\n--b--\r\n"));
    EXPECT_EQ(plain, of("Content-Type: text/html; name=letter.html\r\nContent-Disposition: attachment\r\n", "<p>" + words))
        << "where nothing is shown, what is attached counts";
    const auto latin = of("Content-Type: text/plain; charset=iso-8859-1\r\n", words + "Sch\xF6ne Gr\xFC\xDF" "e");
    EXPECT_EQ(latin, of("Content-Type: text/plain; charset=utf-8\r\n", words + "Sch\xC3\xB6ne Gr\xC3\xBC\xC3\x9F" "e"));
    EXPECT_EQ(of("", "too short"), 0u);
}

TEST(Reading, TheHeaderIsItsFields) {
    const auto header = [](std::string_view octets, std::size_t body_at) { return std::string(Reading(octets, body_at).header()); };
    EXPECT_EQ(header("A: b\r\n\r\nbody", 8), "A: b\r\n");
    EXPECT_EQ(header("A: b\n\nbody", 6), "A: b\n");
    EXPECT_EQ(header("\r\nbody", 2), "");
    EXPECT_EQ(header("A: b\r\n", 6), "A: b\r\n");
    EXPECT_EQ(header("A: b", 99), "A: b") << "never beyond the message";
    const std::string field = "X: " + std::string(995, 'y') + "\r\n";
    std::string large;
    for (int i = 0; i < 1100; ++i)
        large += field;
    const auto kept = header(large + "\r\nbody", large.size() + 2);
    EXPECT_EQ(kept.size(), 1048 * field.size()) << "whole fields within 1 MiB";
}

TEST(Reading, WhatStandsBehindALongHeaderCounts) {
    std::string padding;
    for (int i = 0; i < 75; ++i)
        padding += "X-Pad: " + std::string(900, 'p') + "\r\n";
    const Mail encoded(padding + "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\nSubject: http://a.example/\r\n",
                       base64_encode("<p>cas<b>ino</b>"));
    auto reading = encoded.read();
    EXPECT_FALSE(reading.is_plain());
    EXPECT_EQ(reading.text(), "casino\n");
    EXPECT_TRUE(reading.header().ends_with("http://a.example/\r\n")) << "rules see it";
    const Mail file(padding + "Content-Type: application/octet-stream; name=run.exe\r\n", "words");
    EXPECT_EQ(file.read().mime().attachments.size(), 1u);
    std::string too_much;
    while (too_much.size() < 1048576) too_much += padding;
    EXPECT_TRUE(Mail(too_much + "Content-Type: text/html\r\n", "x").read().mime().truncated_by.has(mime::Limit::header));
}

TEST(Reading, TheProgramThatWroteIt) {
    const auto of = [](const std::string& fields) { return Mail(fields, words).read().agent_hash(); };
    EXPECT_EQ(of("Subject: X-Mailer: a\r\n"), 0u);
    EXPECT_EQ(of("X-MAILER:  The Bat!\r\n (v3)\r\n"), event::name_hash("The Bat! (v3)"));
    EXPECT_EQ(of("User-Agent: Mutt/2.2\r\nX-Mailer: other\r\n"), event::name_hash("Mutt/2.2"));
    EXPECT_EQ(of("X-Mailer: " + std::string(255, 'x') + "yyy\r\n"), event::name_hash(std::string(255, 'x')));
}

} // namespace
} // namespace lazaret::scan
