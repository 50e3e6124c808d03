#include "mime/charset.hpp"
#include "mime/filename.hpp"
#include "mime/magic.hpp"
#include "mime/parameters.hpp"
#include "mime/words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lazaret::mime {
namespace {

using namespace std::string_literals;

TEST(Words, are_decoded) {
    EXPECT_EQ(decode_words("=?UTF-8?Q?Caf=C3=A9_au_lait?="), "Caf\u00E9 au lait");
    EXPECT_EQ(decode_words("a =?us-ascii?q?b?= =?us-ascii?q?c?= d"), "a bc d");
    EXPECT_EQ(decode_words("=?utf-8?B?4oI=?=\t=?UTF-8?B?rA==?="), "\u20AC"); // one character in two words
    EXPECT_EQ(decode_words("=?iso-8859-1*de?Q?Gr=FC=DFe?="), "Gr\u00FC\u00DFe");
    EXPECT_EQ(decode_words("x=?utf-8?q?y?=z"), "xyz");
    EXPECT_EQ(decode_words("Gr\xFC\xDF"), "Gr\u00FC\u00DF"); // raw octets
    EXPECT_EQ(decode_words("=?x-invented?q?abc?="), "abc");
    for (const auto* broken : {"=?utf-8?q?no end", "=?utf-8?x?abc?=", "=?utf-8?", "=?", "a =? b", "=??q?x?="})
        EXPECT_EQ(decode_words(broken), broken);
}

TEST(Charset, four_octets_a_character) {
    EXPECT_EQ(to_utf8(std::string("\xFF\xFE\0\0c\0\0\0a\0\0\0", 12), "utf-32", 99), "ca");
    EXPECT_EQ(to_utf8(std::string("c\0\0\0a\0\0\0", 8), "UTF-32LE", 99), "ca");
    EXPECT_EQ(to_utf8(std::string("\0\0\0c\0\0\0a", 8), "utf-32be", 99), "ca");
}

TEST(Words, display_names) {
    const auto name = [](std::string_view value) { return first_mailbox(value).name; };
    const auto address = [](std::string_view value) { return first_mailbox(value).address; };
    EXPECT_EQ(name("\"Doe, \\\"Jo\\\"\" <jo@example.org>, b@example.org"), "Doe, \"Jo\"");
    EXPECT_EQ(address("\"Doe, <x>\" <jo@example.org>"), "jo@example.org");
    EXPECT_EQ(name("=?utf-8?q?J=C3=B6?= <jo@example.org>"), "J\u00F6");
    EXPECT_EQ(name("\"=?utf-8?q?J=C3=B6?=\" <jo@example.org>"), "J\u00F6");
    EXPECT_EQ(name("jo@example.org (Jo Doe)"), "Jo Doe");
    EXPECT_EQ(address("jo@example.org (Jo Doe)"), "jo@example.org");
    EXPECT_EQ(address("a@example.org, b@example.org"), "a@example.org");
    EXPECT_EQ(name(""), "");
    EXPECT_EQ(address("<unclosed@example.org"), "unclosed@example.org");
}

TEST(Parameters, are_read_as_leniently_as_they_are_written) {
    const auto read = parse_parameters(
        "Text/HTML (comment); charset = \"utf-8\" ; boundary=a=b (c); ; x; name*=iso-8859-1'de'%FC");
    EXPECT_EQ(read.value, "text/html");
    EXPECT_EQ(read.first("charset"), "utf-8");
    EXPECT_EQ(read.first("boundary"), "a=b");
    EXPECT_EQ(read.first("name"), "\u00FC");
    EXPECT_EQ(read.first("missing"), "");
    const auto joined =
        parse_parameters("x/y; filename*0*=utf-8''%e2%82; filename*1*=%ac; filename*2=\".exe\"");
    ASSERT_EQ(joined.parameters.size(), 1u);
    EXPECT_EQ(joined.first("filename"), "\u20AC.exe");
    EXPECT_EQ(parse_parameters("x/y; name=\"unclosed; a=b").first("name"), "unclosed; a=b");
    std::string many = "x/y";
    for (int i = 0; i < 1000; ++i)
        many += "; a" + std::to_string(i) + "=b";
    EXPECT_EQ(parse_parameters(many).parameters.size(), 64u);
    for (const auto* odd :
         {"", ";", ";;;=", "(", "(((", "a;*=x", "a;*0=x", "a;b*0*=", "\"", "a;=b", "a/b;c=\"\\"})
        EXPECT_LE(parse_parameters(odd).parameters.size(), 1u) << odd;
}

TEST(Charset, becomes_utf8) {
    EXPECT_EQ(to_utf8("\x80 \xE9", "windows-1252", 99), "\u20AC \u00E9");
    EXPECT_EQ(to_utf8("\x93\xFA\x96{", "Shift_JIS", 99), "\u65E5\u672C");
    EXPECT_EQ(to_utf8("\x1B$BF|K\\\x1B(B", "ISO-2022-JP", 99), "\u65E5\u672C");
    EXPECT_EQ(to_utf8("h\0i\0"s, "utf-16le", 99), "hi");
    EXPECT_EQ(to_utf8("+AGEAYg-", "utf-7", 99), "ab");
    EXPECT_EQ(to_utf8("\xC3\xA9", "", 99), "\u00E9");
    EXPECT_EQ(to_utf8("\xE9", "", 99), "\u00E9");
    EXPECT_EQ(to_utf8("a\xED\xA0\x80z\xC0\x80\xF4\x90\x80\x80", "utf-8", 99),
              "a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(to_utf8("\u20AC\u20AC", "utf-8", 5), "\u20AC");
    EXPECT_EQ(to_utf8("\x81\x40", "big5", 99).substr(0, 3), "\uFFFD");
    EXPECT_FALSE(is_known_charset("ISO-2022-CN-EXT")); // not of the list: never reaches iconv
    EXPECT_FALSE(is_known_charset("UTF-8//TRANSLIT"));
    EXPECT_EQ(to_utf8("\xE9", "ISO-2022-CN-EXT", 99), "\u00E9");
}

TEST(Filename, tells_tricks) {
    EXPECT_EQ(traits_of("a.TXT").extension, "txt");
    EXPECT_FALSE(traits_of("a.txt").runs);
    EXPECT_TRUE(traits_of("a.pdf.exe").double_extension);
    EXPECT_FALSE(traits_of("setup.exe").double_extension);
    EXPECT_TRUE(traits_of("setup.exe").runs);
    EXPECT_TRUE(traits_of("invoice\u202Efdp.exe").reordered);
    EXPECT_EQ(traits_of("invoice\u202Efdp.exe").extension, "exe");
    EXPECT_TRUE(traits_of("a.pdf             .scr").padded);
    EXPECT_TRUE(traits_of("a.pdf             .scr").double_extension);
    EXPECT_EQ(traits_of("a.exe. . ").extension, "exe");
    EXPECT_EQ(traits_of("a.exe\0.txt"s).extension, "exe");
    EXPECT_EQ(traits_of("dir.d\\name").extension, "");
    EXPECT_EQ(traits_of("").extension, "");
}

TEST(Magic, knows_what_octets_are) {
    EXPECT_EQ(kind_of("MZ\x90"), Kind::dos_executable);
    EXPECT_EQ(kind_of("\x7F"
                      "ELF\x02"),
              Kind::elf);
    EXPECT_EQ(kind_of("\xCF\xFA\xED\xFE"), Kind::mach_o);
    EXPECT_EQ(kind_of("\xCA\xFE\xBA\xBE\0\0\0\2"s), Kind::mach_o);
    EXPECT_EQ(kind_of("\xCA\xFE\xBA\xBE\0\0\0\x34"s), Kind::java_class);
    EXPECT_EQ(kind_of("\x4C\0\0\0\x01\x14\x02\0"s), Kind::shortcut);
    EXPECT_EQ(kind_of("PK\x03\x04"), Kind::zip);
    EXPECT_EQ(kind_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Kind::ole2);
    EXPECT_EQ(kind_of("junk\n%PDF-1.7"), Kind::pdf);
    EXPECT_EQ(kind_of("Rar!\x1A\x07\x01"), Kind::rar);
    EXPECT_EQ(kind_of("#!/bin/sh"), Kind::script);
    EXPECT_EQ(kind_of("\xEF\xBB\xBF\n <!DOCTYPE HTML>"), Kind::html);
    EXPECT_EQ(kind_of("<?xml version='1.0'?><svg>"), Kind::html);
    EXPECT_EQ(kind_of("<?xml version='1.0'?><a>"), Kind::xml);
    EXPECT_EQ(kind_of(std::string(32769, '\0') + "CD001"), Kind::iso_image);
    EXPECT_EQ(kind_of("GIF89a"), Kind::gif);
    EXPECT_EQ(kind_of("xx-lh5-"), Kind::lzh);
    EXPECT_EQ(kind_of("BZh91AY&SY"), Kind::bzip2);
    for (const auto* text : {"words", "MZ is how this text begins", "BZhou wrote", "a -lh b"})
        EXPECT_EQ(kind_of(text), Kind::unknown) << text;
    EXPECT_EQ(kind_of(""), Kind::unknown);
    EXPECT_EQ(name(Kind::gif), "gif");
    EXPECT_EQ(name(Kind::iso_image), "iso_image");
    EXPECT_TRUE(is_executable(Kind::shortcut) && !is_executable(Kind::zip) && is_archive(Kind::zip) &&
                !is_archive(Kind::ole2));
}

} // namespace
} // namespace lazaret::mime
