#include "mime/outline.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

/// First name, or declared type, and kind of each file, fed in pieces.
std::string files_of(const std::string& message, std::size_t piece, std::uint64_t seen = 0, std::string* hit = nullptr) {
    Outline outline(seen);
    for (std::size_t at = 0; at < message.size(); at += piece)
        outline.feed(std::string_view(message).substr(at, piece));
    outline.finish();
    std::string out;
    for (const auto& each : outline.files()) {
        if (!out.empty()) out += ' ';
        out += each.names.empty() ? each.declared_type : each.names.front();
        if (each.kind != Kind::unknown) out.append(":").append(name(each.kind));
    }
    if (hit) *hit = outline.truncated_by().to_string();
    return out;
}

const std::string dos_program = "MZ" + std::string(100, '\0');

TEST(Outline, lists_what_is_listed_where_the_message_is_taken_apart) {
    const std::string message =
        "Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"out er\"\r\n\r\npreamble\r\n--out er\r\n\r\ntext\r\n"
        "--out er\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--in--\r\n"
        "--out er \r\nContent-Type: a/b; name=one.txt\r\n\r\n--innocent\r\n--in\r\n\r\n"
        "--out er\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\nContent-Type: a/b\r\nContent-Disposition: attachment;\r\n"
        " filename*0=tw; filename*1=o.exe\r\n\r\nx\r\n"
        "--out er\r\nContent-Type: message/rfc822; name=three.eml\r\n\r\nno field\r\n"
        "--out er\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_encode(dos_program) + "\r\n--out er--\r\n"
        "--out er\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1A\n\r\n";
    for (const std::size_t piece : {1, 2, 7, 100, 100000})
        EXPECT_EQ(files_of(message, piece), "one.txt two.exe three.eml text/plain:dos_executable image/png:png") << piece;
    std::string lf;
    for (const char c : message)
        if (c != '\r') lf += c;
    EXPECT_EQ(files_of(lf, 5), "one.txt two.exe three.eml text/plain:dos_executable image/png");
    const auto behind = message.find("--out er\r\nContent-Transfer");
    EXPECT_EQ(files_of(message, 9, behind + 20), "text/plain:dos_executable image/png:png");
    EXPECT_EQ(files_of(message, 9, message.size()), "");
}

TEST(Outline, bounds_are_named) {
    std::string hit, deep;
    for (int i = 0; i < 20; ++i)
        deep += "Content-Type: multipart/mixed; boundary=q" + std::to_string(i) + "\r\n\r\n--q" + std::to_string(i) + "\r\n";
    files_of(deep + "Content-Type: a/b; name=a.exe\r\n\r\nx", 50, 0, &hit);
    EXPECT_EQ(hit, "depth");
    std::string parts = "Content-Type: multipart/mixed; boundary=q\r\n\r\n";
    for (int i = 0; i < 2000; ++i)
        parts += "--q\r\nContent-Type: a/b\r\n\r\nx\r\n";
    files_of(parts, 1000, 0, &hit);
    EXPECT_EQ(hit, "parts,attachments");
    files_of("X: " + std::string(2000000, 'x') + "\r\nContent-Type: a/b; name=a.exe\r\n\r\nx", 4096, 0, &hit);
    EXPECT_EQ(hit, "header");
    files_of("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3Vi", 10, 0, &hit);
    EXPECT_EQ(hit, "decoded");
}

TEST(Outline, made_to_be_slow_is_not) {
    for (const std::string piece : {"\n", "--\n", "--b\n", "---", "a: b\n", " ", "\n--b", "--b \t", "--b\nContent-Type: message/rfc822\n\n"}) {
        std::string message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
        while (message.size() < 8 * 1048576)
            message += piece;
        EXPECT_LE(files_of(message, 65536).size(), 1u) << piece;
    }
}

} // namespace
} // namespace lazaret::mime
