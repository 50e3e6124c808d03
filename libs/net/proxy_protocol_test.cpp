#include "net/proxy_protocol.hpp"

#include <gtest/gtest.h>

namespace lazaret::net {
namespace {

using State = ProxyHeader::State;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string octets(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}

std::string v2(int command, int family, const std::string& block) {
    return signature + octets({command, family, static_cast<int>(block.size() >> 8), static_cast<int>(block.size() & 255)}) + block;
}

const std::string v4_block = octets({198, 51, 100, 7, 192, 0, 2, 1, 0x12, 0x67, 0, 25});

/// Fed whole, by single octets, and as a reader would that asks what it may read: all must agree, and what stands behind
/// the header must be left alone.
ProxyHeader read(const std::string& header, const std::string& behind = "EHLO x\r\n") {
    const std::string input = header + behind;
    ProxyHeader whole, single, asked;
    const auto taken = whole.feed(input);
    std::size_t at = 0;
    while (at < input.size() && single.state() == State::need_more) at += single.feed(input.substr(at, 1));
    EXPECT_EQ(single.state(), whole.state());
    if (whole.state() != State::malformed) EXPECT_EQ(at, taken);
    EXPECT_EQ(single.source(), whole.source());
    std::size_t got = 0;
    while (got < input.size() && asked.state() == State::need_more) {
        const auto piece = input.substr(got, asked.wanted());
        EXPECT_FALSE(piece.empty());
        EXPECT_EQ(asked.feed(piece), piece.size()) << "what is wanted is taken";
        got += piece.size();
    }
    EXPECT_EQ(asked.state(), whole.state());
    if (whole.state() == State::complete) {
        EXPECT_EQ(taken, header.size());
        EXPECT_EQ(got, header.size()) << "no octet of the client's was read";
        EXPECT_EQ(whole.wanted(), 0u);
    }
    return whole;
}

void expect_source(const std::string& header, const std::string& address, std::uint16_t port) {
    const auto seen = read(header);
    ASSERT_EQ(seen.state(), State::complete) << header;
    ASSERT_TRUE(seen.source()) << header;
    EXPECT_EQ(seen.source()->address.to_string(), address);
    EXPECT_EQ(seen.source()->port, port);
}

TEST(ProxyProtocol, Version1) {
    expect_source("PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\r\n", "198.51.100.7", 4711);
    expect_source("PROXY TCP4 1.1.1.1 1.1.1.1 0 1\r\n", "1.1.1.1", 0);
    expect_source("PROXY TCP6 2001:db8::7 2001:db8::1 65535 465\r\n", "2001:db8::7", 65535);
    expect_source("PROXY TCP6 ::ffff:198.51.100.7 ::1 4711 465\r\n", "198.51.100.7", 4711);
    // The longest with addresses.
    const std::string full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    expect_source("PROXY TCP6 " + full + " " + full + " 65535 65535\r\n", full, 65535);
}

TEST(ProxyProtocol, Version1Unknown) {
    for (const std::string header : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN a b c d\r\n"}) {
        const auto seen = read(header);
        EXPECT_EQ(seen.state(), State::complete);
        EXPECT_FALSE(seen.source());
    }
    const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    ASSERT_EQ(longest.size(), ProxyHeader::longest_v1);
    EXPECT_EQ(read(longest).state(), State::complete);
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n").state(), State::malformed);
}

TEST(ProxyProtocol, Version1Malformed) {
    for (const std::string header :
         {"PROXY TCP4 198.51.100.7 192.0.2.1 4711\r\n", "PROXY TCP4 198.51.100.7 192.0.2.1 4711 25 26\r\n",
          "PROXY TCP4  198.51.100.7 192.0.2.1 4711 25\r\n", "PROXY TCP4 198.51.100.7 192.0.2.1 4711 65536\r\n",
          "PROXY TCP4 198.51.100.7 192.0.2.1 04711 25\r\n", "PROXY TCP4 198.51.100.7 192.0.2.1 -1 25\r\n",
          "PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n", "PROXY TCP6 198.51.100.7 192.0.2.1 4711 25\r\n",
          "PROXY TCP4 198.51.100.7 192.0.2.1 4711 25\n", "PROXY TCP5 198.51.100.7 192.0.2.1 4711 25\r\n",
          "proxy TCP4 198.51.100.7 192.0.2.1 4711 25\r\n", "PROXY UNKNOWNish\r\n", "PROXY UNKNOWN\rx\r\n",
          "PROXY\r\nEHLO x.example.org\r\n", "EHLO a.example.org\r\n", "\r\n\r\nEHLO x.example.org\r\n"})
        EXPECT_EQ(read(header).state(), State::malformed) << header;
    EXPECT_EQ(read(std::string("PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n", 33)).state(), State::malformed);
    EXPECT_EQ(read("\x16\x03\x01 a TLS handshake, not a header").state(), State::malformed);
}

TEST(ProxyProtocol, ItIsSeenEarly) {
    ProxyHeader header;
    EXPECT_EQ(header.wanted(), 15u);
    header.feed("E");
    EXPECT_EQ(header.state(), State::malformed) << "no second octet is needed";
    EXPECT_EQ(header.feed("PROXY"), 0u);
}

TEST(ProxyProtocol, Version2) {
    expect_source(v2(0x21, 0x11, v4_block), "198.51.100.7", 4711);
    expect_source(v2(0x21, 0x11, v4_block + octets({3, 0, 4, 1, 2, 3, 4}) + std::string(500, '\n')), "198.51.100.7", 4711);
    const auto v6 = octets({0x20, 1, 0xd, 0xb8}) + std::string(11, '\0') + "\7" + std::string(15, '\0') + "\1" + octets({0x12, 0x67, 1, 0xd1});
    expect_source(v2(0x21, 0x21, v6), "2001:db8::7", 4711);
    const auto mapped = std::string(10, '\0') + octets({255, 255, 198, 51, 100, 7}) + std::string(16, '\0') + octets({0, 9, 1, 0xd1});
    expect_source(v2(0x21, 0x21, mapped), "198.51.100.7", 9);
}

TEST(ProxyProtocol, Version2WithoutClient) {
    for (const auto& header : {v2(0x20, 0x00, ""), v2(0x20, 0x11, v4_block), v2(0x20, 0x11, "x"), v2(0x21, 0x00, ""),
                               v2(0x21, 0x31, std::string(216, 'u')), v2(0x21, 0x12, v4_block)}) {
        const auto seen = read(header);
        EXPECT_EQ(seen.state(), State::complete);
        EXPECT_FALSE(seen.source());
    }
}

TEST(ProxyProtocol, Version2Malformed) {
    EXPECT_EQ(read(v2(0x11, 0x11, v4_block)).state(), State::malformed) << "another version";
    EXPECT_EQ(read(v2(0x22, 0x11, v4_block)).state(), State::malformed) << "another command";
    EXPECT_EQ(read(v2(0x21, 0x11, v4_block.substr(1))).state(), State::malformed) << "too short for its addresses";
    EXPECT_EQ(read(v2(0x21, 0x21, v4_block)).state(), State::malformed);
    EXPECT_EQ(read(v2(0x21, 0x11, v4_block + std::string(4096, 'x'))).state(), State::malformed) << "longer than any balancer's";
    EXPECT_EQ(read(v2(0x21, 0x11, v4_block + std::string(4096 - v4_block.size(), 'x'))).state(), State::complete);
}

} // namespace
} // namespace lazaret::net
