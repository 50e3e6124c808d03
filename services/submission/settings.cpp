#include "submission/settings.hpp"

#include "files/submission.hpp"

namespace lazaret::submission {

namespace {

/// The ways in for clients (RFC 6409, RFC 8314, RFC 5321), and for a front server that has asked for TLS and AUTH itself.
smtp::ServerSettings port_settings(const config::Config& config, Port port) {
    smtp::ServerSettings out;
    const bool with_auth = port == Port::submission || port == Port::submissions;
    out.hostname = config.node.hostname;
    out.require_tls = port == Port::submission; // RFC 8314 3.3: no cleartext submission
    out.offer_starttls = port != Port::submissions && port != Port::filter && !config.tls.certificates.empty();
    out.accept_xforward = port == Port::filter;
    out.require_auth = with_auth;
    out.offer_auth = with_auth;
    if (with_auth) out.mechanisms = config.auth.mechanisms;
    out.require_fqdn = with_auth; // RFC 6409 6.2
    out.max_message_size = config.server.max_message_size;
    out.max_recipients = config.server.max_recipients;
    return out;
}

} // namespace

Result<std::shared_ptr<const Settings>> Settings::make(config::Config config) {
    std::vector<config::Conflict> wrong;
    auto files = files::Submission::load(config, wrong);
    if (!files) return Error(to_string(wrong));
    auto made = std::make_shared<Settings>();
    made->tls = std::move(files->tls);
    made->next_hop_tls = std::move(files->next_hop_tls);
    made->checks = std::move(files->checks);
    for (auto port : {Port::submission, Port::submissions, Port::relay, Port::filter})
        made->ports[static_cast<std::size_t>(port)] = port_settings(config, port);
    made->config = std::move(config);
    return std::shared_ptr<const Settings>(std::move(made));
}

} // namespace lazaret::submission
