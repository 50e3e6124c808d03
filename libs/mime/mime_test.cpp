#include "mime/mime.hpp"

#include "core/text.hpp"
#include "message/fingerprint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// CRLF for LF, as on the wire.
std::string wire(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return out;
}

Message read_lf(std::string_view text, const Limits& limits = {}) {
    return read(wire(text), limits);
}

TEST(Mime, a_plain_message_is_its_text) {
    const auto mail = read_lf("From: \"Jo Doe\" <jo@example.org>\nSubject: Lunch\n\nAt noon?\nSee you.\n");
    EXPECT_EQ(mail.subject, "Lunch");
    EXPECT_EQ(mail.from_name, "Jo Doe");
    EXPECT_EQ(mail.from_address, "jo@example.org");
    ASSERT_EQ(mail.texts.size(), 1u);
    EXPECT_EQ(mail.texts[0].visible, "At noon?\nSee you.\n");
    EXPECT_EQ(mail.text(), "At noon?\nSee you.\n\n");
    EXPECT_TRUE(mail.attachments.empty());
    EXPECT_FALSE(mail.truncated_by.any());
    EXPECT_FALSE(mail.irregular);
}

TEST(Mime, encodings_and_charsets_are_undone) {
    EXPECT_EQ(
        read_lf(
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
            "Gr=FC=DFe aus K=F6ln, soft=\n broken")
            .texts.at(0)
            .visible,
        "Gr\u00FC\u00DFe aus K\u00F6ln, soft broken");
    EXPECT_EQ(read_lf("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
                      "BASE64\n\nSGVsbG8g\nd29ybGQ=\n")
                  .texts.at(0)
                  .visible,
              "Hello world");
    EXPECT_EQ(
        read_lf("Content-Type: text/plain; charset=koi8-r\n\n\xF0\xD2\xC9\xD7\xC5\xD4").texts.at(0).visible,
        "\u041F\u0440\u0438\u0432\u0435\u0442");
    EXPECT_EQ(read_lf("Content-Type: text/plain; charset=utf-8\n\nbad \xFF octet").texts.at(0).visible,
              "bad \uFFFD octet");
}

constexpr auto alternative = R"(MIME-Version: 1.0
Subject: =?utf-8?B?UmVjaG51bmcgZsO8ciBTaWU=?=
Content-Type: multipart/mixed; boundary="outer"

This is for readers without MIME.
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain

Plain words http://plain.example.com/
--inner
Content-Type: text/html; charset=utf-8

<html><head><style>p { color: red }</style><title>No</title></head>
<body><!-- unseen --><p>Shown&nbsp;words</p><p style="display: none">secret</p>
<a href="https://evil.example.net/x">www.bank-of-example.com</a></body></html>
--inner--
--outer
Content-Type: application/octet-stream; name="invoice.pdf.exe"
Content-Disposition: attachment; filename="invoice.pdf.exe"
Content-Transfer-Encoding: base64

TVqQAAMAAAAEAAAA
--outer--
epilogue
)";

TEST(Mime, alternatives_attachments_and_links) {
    const auto mail = read_lf(alternative);
    EXPECT_EQ(mail.subject, "Rechnung f\u00FCr Sie");
    EXPECT_EQ(mail.parts, 5u);
    EXPECT_FALSE(mail.irregular);
    ASSERT_EQ(mail.texts.size(), 2u);
    EXPECT_FALSE(mail.texts[0].is_shown);
    EXPECT_TRUE(mail.texts[1].is_shown);
    EXPECT_EQ(mail.texts[1].visible, "Shown words\nwww.bank-of-example.com");
    EXPECT_EQ(mail.texts[1].hidden_octets, 6u);
    EXPECT_EQ(mail.text(), "Shown words\nwww.bank-of-example.com\nPlain words http://plain.example.com/\nsecret\n");
    ASSERT_EQ(mail.attachments.size(), 1u);
    const auto& attachment = mail.attachments[0];
    EXPECT_THAT(attachment.names, ElementsAre("invoice.pdf.exe"));
    EXPECT_EQ(attachment.declared_type, "application/octet-stream");
    EXPECT_EQ(attachment.kind, Kind::dos_executable);
    EXPECT_EQ(attachment.size, 12u);
    EXPECT_TRUE(attachment.traits.at(0).double_extension);
    ASSERT_EQ(mail.deceptive_links.size(), 1u);
    EXPECT_EQ(mail.deceptive_links[0].shown_host, "www.bank-of-example.com");
    EXPECT_EQ(mail.deceptive_links[0].target.host, "evil.example.net");
    ASSERT_EQ(mail.uris.size(), 3u);
    EXPECT_EQ(mail.uris[0].uri, "http://plain.example.com/");
    EXPECT_TRUE(mail.uris[0].in_text);
    EXPECT_EQ(mail.uris[1].uri, "https://evil.example.net/x");
    EXPECT_TRUE(mail.uris[1].in_markup);
    EXPECT_FALSE(mail.uris[1].in_text);
}

TEST(Mime, the_fingerprint_is_of_the_words_whatever_the_encoding) {
    const std::string words = "Our summer catalogue shows many garden chairs, tables, lamps and blankets for "
                              "long warm evenings outside.";
    const auto plain = read("\r\n" + words);
    const auto encoded = read("Content-Transfer-Encoding: base64\r\n\r\n" + base64_encode(words));
    const auto html = read("Content-Type: text/html\r\n\r\n<p>" + words + "</p>");
    EXPECT_NE(message::fingerprint(plain.text()), 0u);
    EXPECT_EQ(message::fingerprint(plain.text()), message::fingerprint(encoded.text()));
    EXPECT_EQ(message::fingerprint(plain.text()), message::fingerprint(html.text()));
}

TEST(Mime, nested_messages_are_read) {
    const auto mail =
        read_lf("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
                "Subject: inner\nContent-Type: text/plain\n\nforwarded www.example.com\n--b--\n");
    EXPECT_EQ(mail.nested_messages, 1u);
    EXPECT_EQ(mail.subject, "");
    ASSERT_EQ(mail.texts.size(), 1u);
    EXPECT_EQ(mail.texts[0].visible, "forwarded www.example.com");
    EXPECT_EQ(mail.uris.at(0).uri, "http://www.example.com/");
    // Encoded against RFC 2046: read all the same.
    const auto hidden = read("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                             base64_encode("Subject: inner\r\n\r\nhidden words"));
    EXPECT_EQ(hidden.text(), "hidden words\n");
    EXPECT_TRUE(hidden.irregular);
}

TEST(Mime, names_of_attachments_in_every_form) {
    const auto names = [](std::string_view fields) {
        return read_lf(std::string(fields) + "\n\nx").attachments.at(0).names;
    };
    EXPECT_THAT(names("Content-Disposition: attachment; filename*=utf-8''%e2%82%ac%20rates.txt"),
                ElementsAre("\u20AC rates.txt"));
    EXPECT_THAT(names("Content-Disposition: attachment;\n filename*1=\"b.e\"; filename*0=a; filename*2=xe"),
                ElementsAre("ab.exe"));
    EXPECT_THAT(names("Content-Type: image/png; name=\"=?iso-8859-1?Q?=FCber.png?=\"\nContent-Disposition: "
                      "attachment; filename=other.scr"),
                ElementsAre("other.scr", "\u00FCber.png"));
    EXPECT_THAT(names("Content-Disposition: attachment; filename=harmless.txt; filename=worse.exe"),
                ElementsAre("harmless.txt", "worse.exe"));
    EXPECT_THAT(names("Content-Disposition: attachment; filename=no quotes.pdf"),
                ElementsAre("no quotes.pdf"));
    EXPECT_THAT(names("Content-Disposition: attachment; filename=first.txt\nContent-Disposition: attachment; filename=run.js\n"
                      "Content-Type: a/b\nContent-Type: a/b; name=c.exe"),
                ElementsAre("first.txt", "run.js", "c.exe"));
    const auto lengthy = read_lf("Content-Type: a/b; name=\"" + std::string(2000, 'x') + ".exe\"\n\nx").attachments.at(0);
    EXPECT_EQ(lengthy.names.at(0).size(), 1024u);
    EXPECT_EQ(lengthy.traits.at(0).extension, "exe") << "of the whole name";
}

TEST(Mime, containers_that_nobody_can_read_are_told) {
    EXPECT_TRUE(
        read_lf("Content-Type: multipart/encrypted; boundary=b\n\n--b\n\nVersion: 1\n--b--\n").has_encrypted);
    EXPECT_TRUE(read_lf("Content-Type: multipart/signed; boundary=b\n\n--b\n\nwords\n--b--\n").has_signed);
    EXPECT_TRUE(
        read_lf("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx").has_encrypted);
    EXPECT_TRUE(read_lf("Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nx").has_signed);
    EXPECT_TRUE(read_lf("\n-----BEGIN PGP MESSAGE-----\n\nabc\n").has_encrypted);
    EXPECT_TRUE(read_lf("Content-Type: message/partial; id=x; number=1\n\nx").is_fragment);
    const auto tnef = read("Content-Type: application/ms-tnef\r\n\r\n\x78\x9F\x3E\x22");
    EXPECT_EQ(tnef.attachments.at(0).kind, Kind::tnef);
    EXPECT_TRUE(tnef.texts.empty());
}

TEST(Mime, programs_are_listed_whatever_they_are_declared_to_be) {
    const std::string program = "MZ" + std::string(100, '\0');
    const auto kind = [&](const std::string& fields) {
        const auto mail = read(fields + "Content-Transfer-Encoding: base64\r\n\r\n" + base64_encode(program));
        return mail.attachments.empty() ? Kind::unknown : mail.attachments[0].kind;
    };
    EXPECT_EQ(kind(""), Kind::dos_executable);
    EXPECT_EQ(kind("Content-Type: text/html\r\n"), Kind::dos_executable);
    EXPECT_EQ(kind("Content-Type: message/rfc822; name=a.exe\r\n"), Kind::dos_executable);
    EXPECT_EQ(kind("Content-Type: image/png\r\n"), Kind::dos_executable);
    const auto uuencoded = read_lf(
        "Content-Type: a/b\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n$34I!+@``\n`\nend\n");
    EXPECT_EQ(uuencoded.attachments.at(0).size, 4u);
}

TEST(Mime, html_is_found_whatever_it_is_called) {
    const auto mail = read_lf("Content-Type: application/octet-stream; name=account.htm\n\n <a "
                              "href='http://192.0.2.7/login'>here</a><form>");
    ASSERT_EQ(mail.texts.size(), 1u);
    EXPECT_TRUE(mail.texts[0].is_html);
    EXPECT_TRUE(mail.texts[0].is_attached);
    EXPECT_TRUE(mail.texts[0].has_form);
    EXPECT_EQ(mail.uris.at(0).host, "192.0.2.7");
    EXPECT_EQ(read_lf("Content-Type: text/plain\n\nMZ is how this text begins").text(),
              "MZ is how this text begins\n");
}

TEST(Mime, structure_that_readers_disagree_about_is_told_and_all_of_it_read) {
    EXPECT_TRUE(read_lf("Content-Type: multipart/mixed\n\nno boundary").irregular);
    EXPECT_EQ(read_lf("Content-Type: multipart/mixed\n\nno boundary").text(), "no boundary\n");
    EXPECT_EQ(read_lf("Content-Type: multipart/mixed; boundary=x\n\nnever there").text(), "never there\n");
    const auto after =
        read_lf("Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x--\n\n--x\n\ntwo\n--x--\n");
    EXPECT_EQ(after.text(), "one\ntwo\n");
    EXPECT_TRUE(after.irregular);
    EXPECT_TRUE(read_lf("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nnot closed\n").irregular);
    EXPECT_TRUE(read_lf("Content-Type: text/plain\nContent-Type: text/html\n\nx").irregular);
    // A longer boundary that begins alike is another one.
    EXPECT_EQ(read_lf("Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--xy\nb\n--x-- \n")
                  .texts.at(0)
                  .visible,
              "a\n--xy\nb");
}

TEST(Mime, each_limit_ends_its_own_work_and_is_named) {
    Limits limits;
    limits.parts = 3;
    auto mail = read_lf(alternative, limits);
    EXPECT_EQ(mail.truncated_by.to_string(), "parts");
    EXPECT_EQ(mail.parts, 3u);
    limits = {};
    limits.depth = 1;
    mail = read_lf(alternative, limits);
    EXPECT_EQ(mail.truncated_by.to_string(), "depth");
    limits = {};
    limits.text_octets = 5;
    mail = read_lf("\n12345678", limits);
    EXPECT_EQ(mail.text(), "12345\n");
    EXPECT_EQ(mail.truncated_by.to_string(), "text");
    limits = {};
    limits.decoded_octets = 3;
    mail = read_lf("\n12345678", limits);
    EXPECT_EQ(mail.text(), "123\n");
    EXPECT_EQ(mail.truncated_by.to_string(), "decoded");
    limits = {};
    limits.uris = 1;
    mail = read_lf("\nhttp://a.example/ http://b.example/", limits);
    EXPECT_EQ(mail.uris.size(), 1u);
    EXPECT_EQ(mail.truncated_by.to_string(), "uris");
    limits = {};
    limits.attachments = 0;
    mail = read_lf("Content-Type: image/png\n\nx", limits);
    EXPECT_TRUE(mail.attachments.empty());
    EXPECT_EQ(mail.truncated_by.to_string(), "attachments");
    limits = {};
    limits.header_octets = 20;
    mail = read_lf("Subject: one\nX-Long: abcdefghijklmnopqrstuvwxyz\nSubject: two\n\nx", limits);
    EXPECT_EQ(mail.subject, "one");
    EXPECT_EQ(mail.truncated_by.to_string(), "header");
    std::string fields = "Content-Type: a/b";
    for (int i = 0; i < 65; ++i)
        fields += "; x" + std::to_string(i) + "=y";
    EXPECT_EQ(read_lf(fields + "; name=run.exe\n\nx").truncated_by.to_string(), "header") << "parameters that are not read";
    EXPECT_EQ(read_lf("Content-Type: a/b; y=\"" + std::string(20000, 'x') + "\"\n\nx").truncated_by.to_string(), "header");
    fields.clear();
    for (int i = 0; i < 12; ++i)
        fields += "Content-Disposition: attachment; filename=x" + std::to_string(i) + "\n";
    mail = read_lf(fields + "\nx");
    EXPECT_EQ(mail.attachments.at(0).names.size(), 8u);
    EXPECT_EQ(mail.truncated_by.to_string(), "header");
}

} // namespace
} // namespace lazaret::mime
