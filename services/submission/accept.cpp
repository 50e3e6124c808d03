// Step 1 of a message's journey: may this client speak to us at all, and the greeting.

#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <boost/asio/co_spawn.hpp>

namespace lazaret::submission {

namespace replies = smtp::replies;

namespace {

/// Trusted networks are the ISP's own machines: many connections are their habit.
std::uint32_t connections_allowed(const config::Config& config, const subscriber::Directory& directory,
                                  const IpAddress& address) {
    const auto* network = directory.network(address);
    if (network && network->klass == subscriber::Class::trusted) return 0;
    return config.server.max_connections_per_address;
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

} // namespace

void Worker::accept(Port port, net::Socket socket, const IpAddress& address) {
    const auto settings = node_.settings();
    auto& count = numbers().of(port);
    const auto per_address = connections_allowed(settings->config, *node_.snapshot()->directory, address);
    auto entry = node_.admission.enter(client_key(address), settings->config.server.max_connections, per_address);
    if (entry.refusal) {
        const bool all = *entry.refusal == Admission::Refusal::too_many;
        (all ? count.refused_total : count.refused_address).Increment();
        log::info("connection_refused", all ? "too many connections" : "too many connections from this address",
                  {{"client", address.to_string()}, {"listener", to_string(port)}});
        // On the TLS port a cleartext reply would only confuse the handshake.
        if (port == Port::submissions) return;
        turn_away(socket, all ? replies::too_many_connections() : replies::too_many_from_address());
        return;
    }
    count.accepted.Increment();
    auto session = std::make_shared<Session>(*this, port, std::move(socket), std::move(entry.place));
    // The completion owns the session, so that it outlives its own coroutine.
    net::asio::co_spawn(io_, session->run(), [session](std::exception_ptr thrown) {
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& e) {
            log::error("session_failed", "a session ended in an exception, which is a bug", {{"what", e.what()}});
        }
    });
}

net::task<bool> Session::greet() {
    if (stream_.peer_address().is_unspecified()) co_return false; // gone between accept and here
    if (port_ == Port::submissions) {
        const bool up = co_await start_tls();
        if (!up) co_return false;
    }
    if (port_ == Port::relay && !identify_network()) {
        numbers().of(port_).refused_network.Increment();
        say(replies::not_permitted(stream_.peer_address().to_string()));
        if (worker_.node().worth_an_event(client_key(stream_.peer_address()), lazaret::now())) {
            auto refused = event(event::Type::connection_refused);
            refused.refused_by = event::RefusedBy::rights;
            refused.reason = "network may not relay";
            refused.reply_code = 554;
            refused.enhanced = "5.7.1";
            write(std::move(refused));
        }
        co_return false;
    }
    say(machine_.banner());
    co_return true;
}

} // namespace lazaret::submission
