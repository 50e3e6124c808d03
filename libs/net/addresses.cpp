#include "net/addresses.hpp"

#include <algorithm>
#include <cstdint>

namespace lazaret::net {

namespace ip = boost::asio::ip;

IpAddress from_asio(const ip::address& address) {
    if (address.is_v4()) return IpAddress::from_v4(address.to_v4().to_uint());
    return IpAddress::from_v6(address.to_v6().to_bytes());
}

ip::address to_asio(const IpAddress& address) {
    const auto& bytes = address.bytes();
    if (!address.is_v4()) return ip::address_v6(bytes);
    ip::address_v4::bytes_type last{};
    std::copy(bytes.begin() + 12, bytes.end(), last.begin());
    return ip::address_v4(last);
}

Result<ip::tcp::endpoint> literal_endpoint(const Endpoint& at) {
    const auto address = IpAddress::parse(at.host);
    if (!address) return Error("\"" + at.host + "\" is not an IPv4 or IPv6 address");
    return ip::tcp::endpoint(to_asio(*address), at.port);
}

} // namespace lazaret::net
