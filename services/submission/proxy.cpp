// Step 1 where a balancer stands in front: its PROXY header tells who the client is, before TLS and before the greeting.
// From networks in proxy_from the header must be there, from all others it is no header but a bad command.

#include "log/log.hpp"
#include "net/proxy_protocol.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <algorithm>

namespace lazaret::submission {

namespace {

constexpr Duration longest_wait_for_header = std::chrono::seconds(5);

} // namespace

net::task<bool> Session::read_proxy_header() {
    const auto balancer = stream_.peer_address();
    const auto until = net::Deadline::clock::now() + longest_wait_for_header;
    net::ProxyHeader header;
    while (header.state() == net::ProxyHeader::State::need_more) {
        // Not an octet more than the header has: what follows may be a TLS handshake.
        const auto room = worker_.scratch().first(std::min(header.wanted(), worker_.scratch().size()));
        const net::Transfer got = stream_.try_read(room);
        if (got.ok()) {
            header.feed(std::string_view(room.data(), got.count));
            continue;
        }
        if (got.state != net::Transfer::State::would_block) break;
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        if (left <= Duration::zero()) break;
        const net::Transfer ready = co_await stream_.wait_readable(left);
        if (ending()) co_return false; // a drain, or an operator
        if (!ready.ok()) break;
    }
    if (header.state() != net::ProxyHeader::State::complete) {
        const bool late = header.state() == net::ProxyHeader::State::need_more;
        numbers().of(port_).refused_proxy.Increment();
        if (worker_.node().worth_a_line(balancer, lazaret::now()))
            log::warn("proxy_header_missing",
                      late ? "a balancer's connection ended, or fell silent, before its PROXY header was whole"
                           : "a balancer's connection does not begin with a PROXY header",
                      {{"client", balancer.to_string()}, {"listener", to_string(port_)}});
        co_return false;
    }
    if (const auto& source = header.source()) stream_.set_peer(source->address, source->port);
    else speaks_for_itself_ = true;
    place_ = Admission::Place(); // the balancer's, while it kept us waiting
    auto entry = worker_.admit(port_, stream_.peer_address(), speaks_for_itself_);
    if (entry.refusal) {
        if (port_ != Port::submissions) say(*entry.refusal);
        co_return false;
    }
    place_ = std::move(entry.place);
    co_return true;
}

} // namespace lazaret::submission
