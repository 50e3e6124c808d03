// Step 2: TLS, by STARTTLS (RFC 3207) or from the first octet (RFC 8314 3.3).

#include "core/address.hpp"
#include "log/log.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

net::task<bool> Session::start_tls() {
    const bool sent = co_await flush();
    if (!sent || !settings_->tls) co_return false;
    lines_.clear(); // RFC 3207 4.2: what came in the clear before the handshake never becomes a command
    end_transaction();
    identity_ = Identity();
    phase_ = Phase::handshake;
    if (port_ == Port::relay) identify_network();
    const net::Transfer done = co_await stream_.accept_tls(settings_->tls->get(), config().server.data_timeout);
    numbers().count_tls(port_, done.ok() ? stream_.tls_info().version : "none", done.ok());
    if (!done.ok()) {
        const auto client = stream_.peer_address(); // a health check that only connects comes every few seconds
        if (worker_.node().worth_a_line(client_key(client), lazaret::now()))
            log::info("tls_failed", "a client's TLS handshake failed",
                      {{"client", client.to_string()}, {"listener", to_string(port_)}, {"error", stream_.last_error()}});
        closing_ = true;
        co_return false;
    }
    if (tracing_.active()) tell(Side::note, stream_.tls_info().version + " " + stream_.tls_info().cipher);
    machine_.tls_started();
    co_return true;
}

} // namespace lazaret::submission
