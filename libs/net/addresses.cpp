#include "net/addresses.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace lazaret::net {

namespace ip = boost::asio::ip;

std::pair<IpAddress, std::uint16_t> from_sockaddr(const sockaddr& from) {
    if (from.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &from, sizeof v4);
        return {IpAddress::from_v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    sockaddr_in6 v6;
    std::memcpy(&v6, &from, sizeof v6);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return {IpAddress::from_v6(bytes), ntohs(v6.sin6_port)};
}

boost::asio::generic::stream_protocol::endpoint unix_endpoint(const Endpoint& at) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, at.host.data(), std::min(at.host.size(), sizeof address.sun_path - 1));
    return boost::asio::generic::stream_protocol::endpoint(&address, offsetof(sockaddr_un, sun_path) + at.host.size() + 1);
}

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
