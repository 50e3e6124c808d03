// Step 1 of a message's journey: is there room for this connection?

#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;

namespace {

using Refusal = Admission::Refusal;

smtp::Reply reply_to(Refusal why) {
    switch (why) {
    case Refusal::too_many: return replies::too_many_connections();
    case Refusal::too_many_from_address: return replies::too_many_from_address();
    case Refusal::too_many_from_network: return replies::too_many_from_network();
    }
    return replies::internal();
}

metrics::Counter& counter_of(PortMetrics& count, Refusal why) {
    if (why == Refusal::too_many) return count.refused_total;
    return why == Refusal::too_many_from_address ? count.refused_address : count.refused_neighbours;
}

/// A refusal before there is a session: one line, no waiting.
void turn_away(net::Socket& socket, const smtp::Reply& reply) {
    std::string wire;
    reply.append_to(wire);
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(net::asio::buffer(wire), ignored);
    socket.close(ignored);
}

/// Of all balancers' connections those that may wait for their header at once, by balancer.
constexpr std::uint32_t most_waiting_for_header = 1000;

bool holds(const std::vector<Cidr>& networks, const IpAddress& address) {
    return std::any_of(networks.begin(), networks.end(), [&](const Cidr& network) { return network.contains(address); });
}

bool is_balancer(const config::Config& config, Port port, const IpAddress& peer) {
    switch (port) {
    case Port::submission: return holds(config.submission.proxy_from, peer);
    case Port::submissions: return holds(config.submissions.proxy_from, peer);
    case Port::relay: return holds(config.relay.proxy_from, peer);
    case Port::filter:
    case Port::policy: break;
    }
    return false;
}

bool is_for_fronts(Port port) {
    return port == Port::filter || port == Port::policy;
}

/// A socket in the file system is guarded by its mode and its folder's; its peers have no address.
bool is_front(const config::Config& config, Port port, const IpAddress& peer) {
    const auto& listen = port == Port::filter ? config.filter.listen : config.policy.listen;
    if (listen && listen->is_unix()) return true;
    return holds(port == Port::filter ? config.filter.clients : config.policy.clients, peer);
}

/// The completion owns the session, so that it outlives its own coroutine.
template <class AnySession> void run_session(net::asio::io_context& io, std::shared_ptr<AnySession> session) {
    net::asio::co_spawn(io, session->run(), [session](std::exception_ptr thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& e) {
            log::error("session_failed", "a session ended in an exception, which is a bug", {{"what", e.what()}});
        }
    });
}

} // namespace

Worker::Entry Worker::admit(Port port, const IpAddress& client, bool exempt) {
    const auto settings = node_.settings();
    auto& count = numbers().of(port);
    const auto& server = settings->config.server;
    Admission::Bounds bounds;
    bounds.total = server.max_connections;
    bounds.per_address = server.max_connections_per_address;
    bounds.per_network = server.max_connections_per_network;
    bounds.exempt = exempt || node_.trusts(client); // the ISP's own machines: many connections are their habit
    auto outcome = node_.admission.enter(client, bounds);
    Entry entry;
    if (!outcome.refusal) {
        count.accepted.Increment();
        entry.place = std::move(outcome.place);
        return entry;
    }
    entry.refusal = reply_to(*outcome.refusal);
    counter_of(count, *outcome.refusal).Increment();
    if (node_.worth_a_line(client_key(client), lazaret::now()))
        log::info("connection_refused", entry.refusal->text(), {{"client", client.to_string()}, {"listener", to_string(port)}});
    return entry;
}

Worker::Entry Worker::admit_peer(Port port, const IpAddress& peer) {
    const auto settings = node_.settings();
    if (is_balancer(settings->config, port, peer)) { // whose client it is comes with its header
        Admission::Bounds bounds;
        bounds.total = settings->config.server.max_connections;
        bounds.per_address = bounds.per_network = most_waiting_for_header;
        auto outcome = node_.admission.enter(peer, bounds);
        Entry entry;
        entry.place = std::move(outcome.place);
        entry.proxied = true;
        if (outcome.refusal) {
            entry.refusal = reply_to(*outcome.refusal);
            counter_of(numbers().of(port), *outcome.refusal).Increment();
        }
        return entry;
    }
    if (is_for_fronts(port) && !is_front(settings->config, port, peer)) {
        Entry entry;
        entry.refusal = replies::not_permitted(peer.to_string());
        numbers().of(port).refused_network.Increment();
        if (node_.worth_a_line(client_key(peer), lazaret::now()))
            log::warn("connection_refused", "no front server that may use this listener",
                      {{"client", peer.to_string()}, {"listener", to_string(port)}});
        return entry;
    }
    return admit(port, peer, is_for_fronts(port)); // a front's connections are many clients'
}

Result<void> Worker::accept(Port port, net::Arrival arrival) {
    auto opened = arrival.open(io_);
    if (!opened) return opened.error();
    auto client = *std::move(opened);
    auto entry = admit_peer(port, client.peer);
    if (entry.refusal) {
        // On the TLS port a cleartext reply would only confuse the handshake, and a policy client knows no such reply.
        if (port != Port::submissions && port != Port::policy) turn_away(client.socket, *entry.refusal);
        return {};
    }
    if (port == Port::policy)
        run_session(io_, std::make_shared<PolicySession>(*this, std::move(client), std::move(entry.place)));
    else
        run_session(io_, std::make_shared<Session>(*this, port, std::move(client), std::move(entry.place), entry.proxied));
    return {};
}

} // namespace lazaret::submission
