#include "core/address.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

namespace lazaret {

namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

void put_decimal(std::string& out, unsigned octet) {
    if (octet >= 100) out += static_cast<char>('0' + octet / 100);
    if (octet >= 10) out += static_cast<char>('0' + octet / 10 % 10);
    out += static_cast<char>('0' + octet % 10);
}

void put_hex(std::string& out, unsigned group) {
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        const unsigned digit = group >> shift & 15;
        started = started || digit != 0 || shift == 0;
        if (started) out += "0123456789abcdef"[digit];
    }
}

// RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as "::".
std::string format_v6(const std::array<std::uint8_t, 16>& bytes) {
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
    std::size_t run = 8, length = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0)
            ++end;
        if (end - i > length) {
            run = i;
            length = end - i;
        }
    }
    std::string out;
    out.reserve(39);
    for (std::size_t i = 0; i < 8;) {
        if (i == run) {
            out += "::";
            i += length;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        put_hex(out, groups[i++]);
    }
    return out;
}

// How many of the first `bits` bits are equal is not asked, only whether all of them are.
bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
    const int rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

IpAddress masked(const IpAddress& address, int bits) {
    auto bytes = address.bytes();
    for (int i = 0; i < 16; ++i) {
        const int keep = std::clamp(bits - 8 * i, 0, 8);
        bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xFF00 >> keep);
    }
    return IpAddress::from_v6(bytes);
}

} // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN]; // with room for the terminator
    if (!text.empty() && text.size() < sizeof buffer && text.find('\0') == std::string_view::npos) {
        std::memcpy(buffer, text.data(), text.size());
        buffer[text.size()] = '\0';
        IpAddress address;
        if (text.find(':') != std::string_view::npos) {
            if (inet_pton(AF_INET6, buffer, address.bytes_.data()) == 1) return address;
        } else if (inet_pton(AF_INET, buffer, address.bytes_.data() + 12) == 1) {
            std::copy(v4_prefix.begin(), v4_prefix.end(), address.bytes_.begin());
            return address;
        }
    }
    return Error("'" + printable(text, 60) + "' is not an IPv4 or IPv6 address");
}

IpAddress IpAddress::from_v4(std::uint32_t host_order) {
    IpAddress address;
    std::copy(v4_prefix.begin(), v4_prefix.end(), address.bytes_.begin());
    for (std::size_t i = 0; i < 4; ++i)
        address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    return address;
}

bool IpAddress::is_v4() const {
    return std::memcmp(bytes_.data(), v4_prefix.data(), v4_prefix.size()) == 0;
}

bool IpAddress::is_unspecified() const {
    return *this == IpAddress() || *this == from_v4(0);
}

std::string IpAddress::to_string() const {
    if (!is_v4()) return format_v6(bytes_);
    std::string out;
    out.reserve(15);
    for (std::size_t i = 12; i < 16; ++i) {
        if (i > 12) out += '.';
        put_decimal(out, bytes_[i]);
    }
    return out;
}

Cidr::Cidr(const IpAddress& base, int prefix) {
    prefix_ = std::clamp(prefix, 0, base.is_v4() ? 32 : 128);
    base_ = masked(base, base.is_v4() ? prefix_ + 96 : prefix_);
}

Result<Cidr> Cidr::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) return Error("'" + printable(text, 60) + "' is not an address block such as 192.0.2.0/24");
    const int most = base->is_v4() ? 32 : 128;
    if (slash == std::string_view::npos) return Cidr(*base, most);

    const auto prefix = parse_unsigned(text.substr(slash + 1));
    if (!prefix || *prefix > static_cast<std::uint64_t>(most))
        return Error("'" + printable(text, 60) + "' needs a prefix from 0 to " + std::to_string(most));
    const Cidr block(*base, static_cast<int>(*prefix));
    if (block.base() != *base)
        return Error("'" + printable(text, 60) + "' has bits set after its prefix; the block is " +
                     block.to_string());
    return block;
}

bool Cidr::contains(const IpAddress& address) const {
    // "::/0" means every IPv6 address, not the mapped IPv4 ones.
    return base_.is_v4() == address.is_v4() && same_prefix(base_.bytes(), address.bytes(), prefix_bits());
}

std::string Cidr::to_string() const {
    return base_.to_string() + '/' + std::to_string(prefix_);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const auto bad = [&] {
        return Error("'" + printable(text, 100) + "' is not host:port or [address]:port");
    };
    if (text.starts_with("unix:")) {
        constexpr std::size_t longest = 107; // sockaddr_un
        const auto path = text.substr(5);
        if (!path.starts_with('/') || path.size() > longest || path.find('\0') != std::string_view::npos)
            return Error("'" + printable(text, 120) + "' is not unix: and an absolute path of at most 107 octets");
        return Endpoint(std::string(path), 0);
    }
    std::string_view host, port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != ':')
            return bad();
        host = text.substr(1, close - 1);
        port = text.substr(close + 2);
        if (host.find(':') == std::string_view::npos || !IpAddress::parse(host)) return bad();
    } else {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) return bad();
        host = text.substr(0, colon);
        port = text.substr(colon + 1); // a second colon is no digit and fails below
        const auto odd = [](char c) { return c <= ' ' || c > '~' || c == '/' || c == '[' || c == ']'; };
        if (host.empty() || std::any_of(host.begin(), host.end(), odd)) return bad();
    }
    const auto number = parse_unsigned(port);
    if (!number || *number > 65535) return bad();
    return Endpoint(std::string(host), static_cast<std::uint16_t>(*number));
}

std::string Endpoint::to_string() const {
    if (is_unix()) return "unix:" + host;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

IpAddress client_key(const IpAddress& address) {
    return address.is_v4() ? address : Cidr(address, 64).base();
}

} // namespace lazaret
