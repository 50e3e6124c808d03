#pragma once
// Internet addresses and address blocks, v4 and v6 in one type.

#include "core/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 (::ffff:a.b.c.d) is held, compared and printed as IPv4.
class IpAddress {
  public:
    IpAddress() = default; ///< the unspecified address "::"
    static Result<IpAddress> parse(std::string_view text);
    static IpAddress from_v4(std::uint32_t host_order);
    static IpAddress from_v6(const std::array<std::uint8_t, 16>& bytes);

    bool is_v4() const;
    bool is_unspecified() const;
    /// 16 bytes in network order; v4 as ::ffff:a.b.c.d.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    std::string to_string() const; ///< "192.0.2.1", "2001:db8::1"

    auto operator<=>(const IpAddress&) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// An address block. Prefix is 0-32 for v4, 0-128 for v6; host bits are cleared.
class Cidr {
  public:
    Cidr() = default;
    Cidr(const IpAddress& base, int prefix);
    /// "192.0.2.0/24", "2001:db8::/32", or one bare address. Host bits that are set are an error.
    static Result<Cidr> parse(std::string_view text);

    bool contains(const IpAddress& address) const;
    const IpAddress& base() const { return base_; }
    int prefix() const { return prefix_; }
    int prefix_bits() const { return base_.is_v4() ? prefix_ + 96 : prefix_; } ///< in the 128-bit form
    std::string to_string() const;

    auto operator<=>(const Cidr&) const = default;

  private:
    IpAddress base_;
    int prefix_ = 0;
};

/// What one customer is likely to hold: the address itself for v4, its /64 for v6. Bounds per client count by this.
IpAddress client_key(const IpAddress& address);

struct Endpoint {
    std::string host; ///< a name or a literal address, without brackets
    std::uint16_t port = 0;

    Endpoint() = default;
    Endpoint(std::string h, std::uint16_t p) : host(std::move(h)), port(p) {}
    /// "host:port", "[v6]:port", port 0-65535; or "unix:/path", a socket in the file system with port 0.
    static Result<Endpoint> parse(std::string_view text);
    bool is_unix() const { return host.starts_with('/'); }
    std::string to_string() const;
    bool operator==(const Endpoint&) const = default;
};

} // namespace lazaret
