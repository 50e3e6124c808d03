#include "files/submission.hpp"

#include "relay/settings.hpp"

namespace lazaret::files {

namespace {

std::shared_ptr<const net::TlsContext> server_tls(const config::Tls& tls, std::vector<config::Conflict>& wrong) {
    if (tls.certificates.empty()) return nullptr;
    auto context = net::TlsContext::server(tls.certificates, tls.keys);
    if (context) return *context;
    const auto before = wrong.size();
    const auto tell = [&](const Error& error, const std::filesystem::path& certificate, const std::filesystem::path& key) {
        const bool is_key = error.message.find("key file " + key.string()) != std::string::npos;
        wrong.push_back({is_key ? "tls.key" : "tls.certificate", error.message, "tls.certificate", is_key ? key : certificate});
    };
    for (std::size_t i = 0; i < tls.certificates.size(); ++i) { // all that is wrong, not the first alone
        const auto alone = net::TlsContext::server({tls.certificates[i]}, {tls.keys[i]});
        if (!alone) tell(alone.error(), tls.certificates[i], tls.keys[i]);
    }
    if (wrong.size() == before) tell(context.error(), tls.certificates.front(), tls.keys.front());
    return nullptr;
}

} // namespace

std::optional<Submission> Submission::load(const config::Config& config, std::vector<config::Conflict>& wrong) {
    const auto before = wrong.size();
    Submission out;
    out.tls = server_tls(config.tls, wrong);
    auto next_hop_tls = relay::hop_tls(config.next_hop);
    if (next_hop_tls) out.next_hop_tls = std::move(*next_hop_tls);
    else wrong.push_back({"next_hop.tls_ca_file", next_hop_tls.error().message, "next_hop.tls", config.next_hop.tls_ca_file});
    out.checks = scan::LocalChecks::load(config, wrong);
    if (wrong.size() > before) return std::nullopt;
    return out;
}

} // namespace lazaret::files
