#include "core/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>

namespace lazaret {
namespace {

using namespace std::string_view_literals;

IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    EXPECT_TRUE(address) << text;
    return address ? *address : IpAddress();
}

Cidr cidr(std::string_view text) {
    const auto block = Cidr::parse(text);
    EXPECT_TRUE(block) << text;
    return block ? *block : Cidr();
}

TEST(IpAddress, PrintsCanonically) {
    const std::pair<const char*, const char*> cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:C000:0201", "192.0.2.1"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8::0001", "2001:db8::1"},
        {"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
        {"2001:0:0:1:0:0:1:1", "2001::1:0:0:1:1"},        // the first of two equal runs
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, // one zero group stays
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"}};
    for (const auto& [text, wanted] : cases)
        EXPECT_EQ(ip(text).to_string(), wanted);
}

TEST(IpAddress, RefusesWhatIsNone) {
    for (const auto text : {""sv,
                            "1.2.3"sv,
                            "1.2.3.4.5"sv,
                            "256.1.1.1"sv,
                            "01.2.3.4"sv,
                            " 1.2.3.4"sv,
                            "1.2.3.4 "sv,
                            "1.2.3.4\0"sv,
                            "1.2.3.4\0x"sv,
                            ":"sv,
                            ":::"sv,
                            "1::2::3"sv,
                            "12345::"sv,
                            "g::"sv,
                            "fe80::1%eth0"sv,
                            "[::1]"sv,
                            "1:2:3:4:5:6:7"sv,
                            "1:2:3:4:5:6:7:8:9"sv,
                            "localhost"sv,
                            "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff:0000:1111:2222"sv})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, MappedAddressesAreIPv4) {
    EXPECT_TRUE(ip("::ffff:1.2.3.4").is_v4());
    EXPECT_EQ(ip("::ffff:1.2.3.4"), ip("1.2.3.4"));
    EXPECT_EQ(IpAddress::from_v4(0x01020304), ip("1.2.3.4"));
    EXPECT_FALSE(ip("::1").is_v4());
    EXPECT_FALSE(ip("::fffe:102:304").is_v4());
    EXPECT_TRUE(IpAddress().is_unspecified());
    EXPECT_TRUE(ip("0.0.0.0").is_unspecified());
    EXPECT_FALSE(ip("0.0.0.1").is_unspecified());
    EXPECT_LT(ip("9.255.255.255"), ip("10.0.0.0"));
}

TEST(IpAddress, RoundTripsAndAgreesWithTheSystem) {
    std::mt19937 random(4);
    for (int i = 0; i < 20000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        const unsigned zeros = random(); // whole groups of zeros make the "::" interesting
        for (std::size_t k = 0; k < 16; ++k)
            if ((zeros >> (k / 2) & 1) != 0) bytes[k] = static_cast<std::uint8_t>(random());
        bytes[0] = 0x20; // outside the forms that inet_ntop prints with dots
        const IpAddress address = IpAddress::from_v6(bytes);
        char wanted[INET6_ADDRSTRLEN];
        inet_ntop(AF_INET6, bytes.data(), wanted, sizeof wanted);
        ASSERT_EQ(address.to_string(), wanted);
        ASSERT_EQ(ip(address.to_string()), address);
    }
}

TEST(Cidr, ReadsBlocksAndBareAddresses) {
    EXPECT_EQ(cidr("192.0.2.0/24").to_string(), "192.0.2.0/24");
    EXPECT_EQ(cidr("192.0.2.7").prefix(), 32);
    EXPECT_EQ(cidr("2001:db8::/32").prefix_bits(), 32);
    EXPECT_EQ(cidr("192.0.2.0/24").prefix_bits(), 120);
    EXPECT_EQ(cidr("2001:db8::1").prefix(), 128);
    for (const char* text :
         {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/-1", "192.0.2.0/2 4",
          "2001:db8::/129", "2001:db8::1/64", "192.0.2.0/24/24", "192.0.2/24", "128.0.0.0/0"})
        EXPECT_FALSE(Cidr::parse(text)) << text;
    EXPECT_NE(Cidr::parse("192.0.2.1/24").error().message.find("192.0.2.0/24"), std::string::npos);
}

TEST(Cidr, ContainsByBits) {
    EXPECT_TRUE(cidr("10.0.0.0/8").contains(ip("10.255.255.255")));
    EXPECT_FALSE(cidr("10.0.0.0/8").contains(ip("11.0.0.0")));
    EXPECT_TRUE(cidr("10.0.0.128/25").contains(ip("10.0.0.128")));
    EXPECT_FALSE(cidr("10.0.0.128/25").contains(ip("10.0.0.127")));
    EXPECT_TRUE(cidr("10.0.0.1").contains(ip("::ffff:10.0.0.1")));
    EXPECT_TRUE(cidr("0.0.0.0/0").contains(ip("203.0.113.9")));
    EXPECT_FALSE(cidr("0.0.0.0/0").contains(ip("2001:db8::1")));
    EXPECT_TRUE(cidr("::/0").contains(ip("2001:db8::1")));
    EXPECT_FALSE(cidr("::/0").contains(ip("203.0.113.9")));
    EXPECT_TRUE(cidr("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
    EXPECT_FALSE(cidr("2001:db8::/33").contains(ip("2001:db8:8000::1")));
}

TEST(Cidr, ConstructorClearsHostBits) {
    EXPECT_EQ(Cidr(ip("10.1.2.3"), 12).to_string(), "10.0.0.0/12");
    EXPECT_EQ(Cidr(ip("10.1.2.3"), 0).to_string(), "0.0.0.0/0");
    EXPECT_EQ(Cidr(ip("2001:db8:ffff::1"), 37).to_string(), "2001:db8:f800::/37");
    EXPECT_EQ(Cidr(ip("10.1.2.3"), 99).prefix(), 32);
}

TEST(Endpoint, ReadsNamesAndLiterals) {
    EXPECT_EQ(*Endpoint::parse("mail.example:25"), Endpoint("mail.example", 25));
    EXPECT_EQ(*Endpoint::parse("127.0.0.1:0"), Endpoint("127.0.0.1", 0));
    EXPECT_EQ(*Endpoint::parse("[::1]:65535"), Endpoint("::1", 65535));
    for (const char* text :
         {"", ":25", "host", "host:", "host:65536", "host:x", "::1:25", "[::1]", "[::1]:", "[::1]25",
          "[host]:25", "[127.0.0.1]:25", "ho st:25", "host:25 ", "[::1:25", "a]:25"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
    for (const char* text : {"mail.example:25", "[2001:db8::1]:587"})
        EXPECT_EQ(Endpoint::parse(text)->to_string(), text);
}

} // namespace
} // namespace lazaret
