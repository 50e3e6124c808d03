// Step 3: which subscriber is this? By account on the submission ports, by network on the relay port. Asked again at each
// MAIL, so that an account or network that is gone from the snapshot stops within one transaction.

#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;

bool Session::identify_network() {
    const auto directory = worker_.node().snapshot()->directory;
    const auto* network = directory->network(client_address());
    if (!network || !network->relay) return false;
    identity_ = *identity_of_network(*directory, client_address(), config().limits.default_plan);
    return true;
}

// Behind a front server the client is known by the login that the policy server was told of, else by its network. Who may
// send at all was the front's to decide.
void Session::identify_forwarded() {
    const auto directory = worker_.node().snapshot()->directory;
    const auto& plan = config().limits.default_plan;
    const auto login = worker_.node().desk.claim(client_address(), client_port(), lazaret::now());
    auto who = login.empty() ? std::nullopt : identity_of_account(*directory, login, plan);
    if (!who) who = identity_of_network(*directory, client_address(), plan);
    identity_ = who ? std::move(*who) : identity_of_address(*directory, client_address(), plan);
}

std::optional<smtp::Reply> Session::identify() {
    if (port_ == Port::filter) {
        identify_forwarded();
        return std::nullopt;
    }
    if (port_ == Port::relay) {
        if (identify_network()) return std::nullopt;
        return replies::not_permitted(client_address().to_string());
    }
    const auto directory = worker_.node().snapshot()->directory;
    auto who = identity_of_account(*directory, identity_.account, config().limits.default_plan);
    if (!who) return replies::auth_required();
    identity_ = std::move(*who);
    return std::nullopt;
}

IpAddress Session::client_address() const {
    const auto* client = machine_.forwarded();
    return client && client->address ? *client->address : stream_.peer_address();
}

std::uint16_t Session::client_port() const {
    const auto* client = machine_.forwarded();
    return client && client->address ? client->port : stream_.peer_port();
}

std::string_view Session::client_helo() const {
    const auto* client = machine_.forwarded();
    return client ? client->helo : machine_.helo();
}

} // namespace lazaret::submission
