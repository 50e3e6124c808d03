#include "scan/links.hpp"

#include "event/event.hpp"
#include "event/name_hash.hpp"
#include "scan/reading.hpp"
#include "scan/scanner.hpp"

#include <algorithm>

namespace lazaret::scan {

namespace {

bool is_allowed(const LinkPolicy& policy, std::string_view host) {
    return policy.allow && policy.allow->covers(host);
}

} // namespace

std::vector<verdict::Finding> check_links(const std::vector<mime::Uri>& uris, const std::vector<mime::DeceptiveLink>& deceptive,
                                          const LinkPolicy& policy) {
    std::vector<verdict::Finding> out;
    for (const auto& uri : uris) {
        if (is_allowed(policy, uri.host)) continue;
        const auto entry = policy.block ? policy.block->find(uri.host) : std::string_view();
        if (!entry.empty()) report(out, policy.blocked, finding_name("uri.blocked", entry));
        if (uri.obfuscated) report(out, policy.obfuscated, "uri.obfuscated");
        if (uri.has_user && uri.scheme.starts_with("http")) report(out, policy.user, "uri.user");
    }
    for (const auto& link : deceptive)
        if (!is_allowed(policy, link.target.host)) report(out, policy.deceptive, "uri.deceptive");
    return out;
}

std::vector<verdict::Finding> check_links(Reading& reading, const LinkPolicy& policy) {
    static const std::vector<mime::DeceptiveLink> none;
    const bool plain = reading.is_plain();
    return check_links(reading.uris(), plain ? none : reading.mime().deceptive_links, policy);
}

std::vector<std::string> hosts_to_ask(const std::vector<mime::Uri>& uris, const LinkPolicy& policy, std::size_t most) {
    std::vector<std::string> out;
    for (const auto& uri : uris) {
        if (out.size() >= most) break;
        const auto& name = uri.is_address ? uri.host : uri.domain;
        if (uri.scheme == "mailto" || name.empty() || is_allowed(policy, uri.host)) continue;
        if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
    return out;
}

std::vector<std::uint64_t> hosts_to_keep(const std::vector<std::string>& hosts) {
    std::vector<std::uint64_t> out;
    out.reserve(hosts.size());
    for (const auto& host : hosts)
        out.push_back(event::name_hash(host));
    std::sort(out.begin(), out.end());
    if (out.size() > event::most_uri_hosts) out.resize(event::most_uri_hosts);
    return out;
}

} // namespace lazaret::scan
