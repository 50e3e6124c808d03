#pragma once
// Between our addresses and Asio's.

#include "core/address.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <utility>

namespace lazaret::net {

/// Of an AF_INET or AF_INET6 socket.
std::pair<IpAddress, std::uint16_t> from_sockaddr(const sockaddr& from);
/// Of a socket in the file system; the path has at most 107 octets (Endpoint::parse).
boost::asio::generic::stream_protocol::endpoint unix_endpoint(const Endpoint& at);
IpAddress from_asio(const boost::asio::ip::address& address);
boost::asio::ip::address to_asio(const IpAddress& address);
/// Fails where the host is a name.
Result<boost::asio::ip::tcp::endpoint> literal_endpoint(const Endpoint& at);

} // namespace lazaret::net
