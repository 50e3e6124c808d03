// Messages made to cost: what is demanded is that they end, within the limits, and that the limit is named.
// How long they take is seen by the test program's own time limit, which a quadratic reading breaks.

#include "mime/mime.hpp"
#include "mime/words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

constexpr std::size_t many = 100000;

std::string repeated(std::string_view piece, std::size_t times) {
    std::string out;
    out.reserve(piece.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        out += piece;
    return out;
}

TEST(Adversarial, a_hundred_thousand_parts) {
    const auto mail = read("Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                           repeated("--b\r\nContent-Type: image/png; name=x\r\n\r\ny\r\n", many));
    EXPECT_EQ(mail.parts, Limits().parts);
    EXPECT_EQ(mail.attachments.size(), Limits().attachments);
    EXPECT_EQ(mail.truncated_by.to_string(), "parts,attachments");
}

TEST(Adversarial, containers_within_containers) {
    std::string nested;
    for (int i = 0; i < 5000; ++i) {
        const auto boundary = "b" + std::to_string(i);
        nested += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
    }
    auto mail = read(nested);
    EXPECT_EQ(mail.parts, Limits().depth + 1);
    EXPECT_TRUE(mail.truncated_by.has(Limit::depth));
    mail = read(repeated("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
                         many)); // all of the same boundary
    EXPECT_LE(mail.parts, Limits().parts);
    mail = read(repeated("Content-Type: message/rfc822\r\n\r\n", many));
    EXPECT_EQ(mail.nested_messages, Limits().depth + 1);
    EXPECT_TRUE(mail.truncated_by.has(Limit::depth));
}

TEST(Adversarial, lines_of_megabytes) {
    const std::string line(8 * 1048576, 'a');
    EXPECT_EQ(read("\r\n" + line).text().size(), Limits().text_octets + 1);
    EXPECT_TRUE(read("Subject: " + line).truncated_by.has(Limit::header));
    EXPECT_TRUE(read("Content-Type: multipart/mixed; boundary=" + line + "\r\n\r\n--a")
                    .truncated_by.has(Limit::header));
    EXPECT_TRUE(read("Content-Type: text/html\r\n\r\n<a href='" + line).truncated_by.has(Limit::text));
    EXPECT_EQ(read("Content-Transfer-Encoding: base64\r\n\r\n" + line).text().size(),
              Limits().text_octets + 1);
}

TEST(Adversarial, fields_and_parameters_without_end) {
    EXPECT_TRUE(read(repeated("a: b\r\n", 2 * many)).truncated_by.has(Limit::header));
    EXPECT_TRUE(read("Content-Type: text/plain" + repeated(";\r\n a=b", 2 * many) + "\r\n\r\nx")
                    .truncated_by.has(Limit::header));
    const auto mail =
        read("Content-Disposition: attachment" + repeated("; filename*0*=%41", 3000) + "\r\n\r\nx");
    EXPECT_LE(mail.attachments.at(0).names.size(), 8u);
    EXPECT_EQ(read("Subject: " + repeated("=?utf-8?q?a?= ", 4000) + "\r\n\r\n").subject,
              std::string(4000, 'a'));
    EXPECT_FALSE(read("Subject: " + repeated("=?", 30000) + "\r\n\r\n").subject.empty());
}

TEST(Adversarial, words_that_only_begin) {
    for (const auto* piece : {"=?a?q? ", "=?a?q?", "=?a?", "=?", "=?a?b?=", "=?a?b?" "?=", "=? ?q?x?= "}) {
        const auto value = repeated(piece, 4 * 1048576 / std::string_view(piece).size());
        EXPECT_LE(decode_words(value).size(), value.size()) << piece;
        EXPECT_LE(decode_words(value + "?=").size(), value.size() + 2) << piece;
    }
}

TEST(Adversarial, delimiters_that_are_none) {
    const std::string boundary(250, '-');
    const auto mail = read("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n" +
                           std::string(4 * 1048576, '-'));
    EXPECT_TRUE(mail.irregular);
    const auto near = read("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeated("--bb\r\n", many));
    EXPECT_TRUE(near.irregular);
    EXPECT_EQ(near.parts, 1u);
}

TEST(Adversarial, decoded_octets_are_counted_over_all_parts) {
    Limits limits;
    limits.decoded_octets = 100000;
    const auto mail =
        read("Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                 repeated("--b\r\nContent-Type: a/b\r\n\r\n" + std::string(50000, 'x') + "\r\n", 10),
             limits);
    EXPECT_TRUE(mail.truncated_by.has(Limit::decoded));
    std::uint64_t size = 0;
    for (const auto& each : mail.attachments)
        size += each.size;
    EXPECT_EQ(size, 100000u);
}

TEST(Adversarial, what_is_hidden_is_counted_as_text) {
    const auto mail = read("Content-Type: text/html\r\n\r\n<div hidden>" + repeated("words ", 400000));
    EXPECT_TRUE(mail.truncated_by.has(Limit::text));
    EXPECT_LE(mail.text().size(), Limits().text_octets);
}

TEST(Adversarial, garbage) {
    std::string garbage;
    for (unsigned i = 0; i < many; ++i)
        garbage += static_cast<char>(i * 2654435761u >> 24);
    EXPECT_FALSE(read(garbage).text().empty());
    EXPECT_NO_THROW(read("Content-Type: text/plain; charset=utf-16\r\n\r\n" + garbage));
    EXPECT_NO_THROW(read("Content-Type: text/html; charset=gb18030\r\n\r\n" + garbage));
    EXPECT_NO_THROW(read("Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n" + garbage));
    EXPECT_NO_THROW(read("Content-Type: application/zip\r\n\r\nPK\x03\x04" + garbage));
    EXPECT_EQ(read("").parts, 1u);
}

} // namespace
} // namespace lazaret::mime
