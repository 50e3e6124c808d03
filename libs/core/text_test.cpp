#include "core/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lazaret {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::string random_octets(std::mt19937& random, std::size_t most) {
    std::string out(random() % (most + 1), '\0');
    for (char& c : out)
        c = static_cast<char>(random());
    return out;
}

TEST(Text, LowersAsciiAndNothingElse) {
    EXPECT_EQ(ascii_lowercase("Ab@[`{Zz\xC4\xD6"), "ab@[`{zz\xC4\xD6");
    EXPECT_TRUE(ascii_iequals("MAIL", "mAiL"));
    EXPECT_FALSE(ascii_iequals("MAIL", "MAI"));
    EXPECT_FALSE(ascii_iequals("MAI", "MAIL"));
    EXPECT_FALSE(ascii_iequals("@", "`"));
    EXPECT_TRUE(ascii_istarts_with("Content-Type", "CONTENT-"));
    EXPECT_TRUE(ascii_istarts_with("x", ""));
    EXPECT_FALSE(ascii_istarts_with("Con", "Content"));
}

TEST(Text, TrimsAndSplits) {
    EXPECT_EQ(trim(" \t\r\n a b \n"), "a b");
    EXPECT_EQ(trim(" \t"), "");
    EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
}

TEST(Text, ReadsUnsignedNumbers) {
    EXPECT_EQ(parse_unsigned("0"), 0u);
    EXPECT_EQ(parse_unsigned("007"), 7u);
    EXPECT_EQ(parse_unsigned("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
    for (const auto text :
         {"", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "1x", "0x1"})
        EXPECT_FALSE(parse_unsigned(text)) << text;
}

TEST(Text, Base64KnowsTheVectorsOfRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(base64_encode(plain), encoded);
        const auto decoded = base64_decode(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(*decoded, plain);
    }
    EXPECT_EQ(base64_encode("\0user\0pass"sv), "AHVzZXIAcGFzcw==");
}

TEST(Text, Base64IsStrict) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg==\n", "Z===", "====", "Zm9v ", "Zm 9v", "Zm-_",
                             "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Zm9vYg=a"})
        EXPECT_FALSE(base64_decode(text)) << text;
    EXPECT_FALSE(base64_decode("Zm\0v"sv));
}

TEST(Text, EncodingsRoundTripOverAllOctets) {
    std::mt19937 random(2);
    for (int i = 0; i < 2000; ++i) {
        const std::string octets = random_octets(random, 70);
        const auto decoded = base64_decode(base64_encode(octets));
        ASSERT_TRUE(decoded);
        ASSERT_EQ(*decoded, octets);
        ASSERT_EQ(hex_decode(hex_encode(octets)), octets);
        ASSERT_EQ(xtext_decode(xtext_encode(octets)), octets);
    }
}

TEST(Text, HexIsLowerCaseOutAndEitherIn) {
    EXPECT_EQ(hex_encode("\x00\xAF\x10"sv), "00af10");
    EXPECT_EQ(hex_decode("AfaF"), "\xAF\xAF");
    EXPECT_FALSE(hex_decode("a"));
    EXPECT_FALSE(hex_decode("ag"));
    EXPECT_FALSE(hex_decode("a "));
}

TEST(Text, XtextEscapesWhatRfc3461Says) {
    EXPECT_EQ(xtext_encode("a+b=c d\r\n~!\x7F\xC3"), "a+2Bb+3Dc+20d+0D+0A~!+7F+C3");
    EXPECT_EQ(xtext_decode("a+2Bb"), "a+b");
    for (const char* text : {"a+", "a+2", "a+2b", "a+GG", "a=b", "a b", "\xC3"})
        EXPECT_FALSE(xtext_decode(text)) << text;
}

TEST(Text, KnowsWellFormedUtf8) {
    for (const auto text :
         {""sv, "abc"sv, "a\0b"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv,
          "\xEE\x80\x80"sv, "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "12345678\xC3\xA9 12345678"sv})
        EXPECT_TRUE(is_valid_utf8(text)) << hex_encode(text);
    for (const auto text :
         {"\x80"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x9F\xBF"sv, "\xED\xA0\x80"sv, "\xF0\x8F\xBF\xBF"sv,
          "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF"sv, "\xC3"sv, "\xE2\x82"sv, "\xF0\x9F\x98"sv,
          "12345678\xC3"sv, "\xC3z"sv, "\xE2\x82z"sv})
        EXPECT_FALSE(is_valid_utf8(text)) << hex_encode(text);
}

TEST(Text, KnowsAsciiAtEveryPosition) {
    for (std::size_t size = 0; size < 20; ++size) {
        EXPECT_TRUE(is_ascii(std::string(size, '\x7F')));
        for (std::size_t i = 0; i < size; ++i) {
            std::string text(size, 'a');
            text[i] = '\x80';
            EXPECT_FALSE(is_ascii(text)) << size << " " << i;
        }
    }
}

TEST(Text, PrintableHidesControlsAndBrokenUtf8) {
    EXPECT_EQ(printable("a\r\nb\tc\x7F\0d"s), "a??b?c??d");
    EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(printable("x\xC3(\xFF"), "x?(?");
    EXPECT_EQ(printable("a\xC2\x85z"), "a?z"); // NEL, a C1 control
}

TEST(Text, PrintableIsAlwaysValidUtf8WithinItsLimit) {
    EXPECT_EQ(printable("abc\xC3\xA9", 4), "abc");
    EXPECT_EQ(printable("abc\xC3\xA9", 5), "abc\xC3\xA9");
    EXPECT_EQ(printable("abc", 0), "");
    std::mt19937 random(3);
    for (int i = 0; i < 3000; ++i) {
        const std::string out = printable(random_octets(random, 60), i % 40);
        ASSERT_LE(out.size(), static_cast<std::size_t>(i % 40));
        ASSERT_TRUE(is_valid_utf8(out)) << hex_encode(out);
        for (const char c : out)
            ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7F);
    }
}

} // namespace
} // namespace lazaret
