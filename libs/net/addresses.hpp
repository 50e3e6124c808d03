#pragma once
// Between our addresses and Asio's.

#include "core/address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace lazaret::net {

IpAddress from_asio(const boost::asio::ip::address& address);
boost::asio::ip::address to_asio(const IpAddress& address);
/// Fails where the host is a name.
Result<boost::asio::ip::tcp::endpoint> literal_endpoint(const Endpoint& at);

} // namespace lazaret::net
