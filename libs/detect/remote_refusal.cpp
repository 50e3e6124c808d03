#include "detect/remote_refusal.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>

namespace lazaret::detect {
namespace {

using Why = RemoteRefusal::Why;

struct Pattern {
    std::string_view words; ///< lower case, anywhere in the reply
    Why why;
};

// The first that fits counts: what is said of the message before what is said of its origin, names of lists before general words.
constexpr std::array patterns{
    Pattern{"likely unsolicited mail", Why::unwanted}, // Gmail, 5.7.1 and 5.7.26
    Pattern{"message was considered spam", Why::unwanted},
    Pattern{"considered spam", Why::unwanted},
    Pattern{"classified as spam", Why::unwanted},
    Pattern{"identified as spam", Why::unwanted},
    Pattern{"detected as spam", Why::unwanted},
    Pattern{"rejected as spam", Why::unwanted},
    Pattern{"looks like spam", Why::unwanted},
    Pattern{"probable spam", Why::unwanted},
    Pattern{"spam message rejected", Why::unwanted},
    Pattern{"spam message", Why::unwanted},
    Pattern{"spam content", Why::unwanted},
    Pattern{"spam score", Why::unwanted},
    Pattern{"content rejected", Why::unwanted},
    Pattern{"contains a virus", Why::unwanted},
    Pattern{"contains malware", Why::unwanted},
    Pattern{"suspicious url", Why::unwanted},

    Pattern{"spamhaus", Why::listed},
    Pattern{"spamcop", Why::listed},
    Pattern{"barracuda", Why::listed},
    Pattern{"sorbs.net", Why::listed},
    Pattern{"uceprotect", Why::listed},
    Pattern{"abuseat.org", Why::listed},
    Pattern{"abusix", Why::listed},
    Pattern{"mailspike", Why::listed},
    Pattern{"invaluement", Why::listed},
    Pattern{"surriel.com", Why::listed},
    Pattern{"manitu.net", Why::listed},
    Pattern{"surbl", Why::listed},
    Pattern{"senderscore", Why::listed},
    Pattern{"proofpoint", Why::listed},
    Pattern{"our block list", Why::listed}, // Outlook, S3140 and S3150
    Pattern{"banned sending ip", Why::listed}, // Microsoft 365, 5.7.606
    Pattern{"blocked using", Why::listed},     // Postfix's reject_rbl_client
    Pattern{"dnsbl", Why::listed},
    Pattern{"blocklist", Why::listed},
    Pattern{"block list", Why::listed},
    Pattern{"blacklist", Why::listed},
    Pattern{"black list", Why::listed},
    Pattern{"denylist", Why::listed},
    Pattern{" rbl", Why::listed},
    Pattern{"is listed", Why::listed},
    Pattern{"listed in ", Why::listed},
    Pattern{"listed at ", Why::listed},
    Pattern{"listed by ", Why::listed},

    Pattern{"reputation", Why::reputation}, // Cisco, Mimecast, and many others
    Pattern{"unusual rate of unsolicited", Why::reputation}, // Gmail, 4.7.0 and 4.7.28
    Pattern{"due to user complaints", Why::reputation},      // Yahoo, TSS04
    Pattern{"unexpected volume or user complaints", Why::reputation},
    Pattern{"tosa@rx.t-online.de", Why::reputation},
    Pattern{"block for spam", Why::reputation}, // Comcast
    Pattern{"ip has been blocked", Why::reputation},
    Pattern{"ip address has been blocked", Why::reputation},
    Pattern{"ip blocked", Why::reputation},
    Pattern{"is blocked", Why::reputation},
    Pattern{"_is_blocked", Why::reputation}, // AT&T
    Pattern{"has been blocked", Why::reputation},
    Pattern{"too much spam", Why::reputation},
    Pattern{"sending spam", Why::reputation},
    Pattern{"abuse from", Why::reputation},
    Pattern{"bad reputation", Why::reputation},
};

/// Whose names a reply mentions as hosts or within links.
constexpr std::array<std::string_view, 17> operators{
    "spamhaus.org", "spamcop.net",     "barracudacentral.org", "sorbs.net",     "uceprotect.net", "abuseat.org",
    "abusix.zone",  "mailspike.net",   "invaluement.com",      "surriel.com",   "manitu.net",     "surbl.org",
    "uribl.com",    "senderscore.com", "proofpoint.com",       "backscatterer.org", "spfbl.net"};

bool is_host_octet(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

std::string_view host_at(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_host_octet);
    auto host = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    while (!host.empty() && (host.back() == '.' || host.back() == '-'))
        host.remove_suffix(1);
    return host;
}

bool is_below(std::string_view host, std::string_view domain) {
    return host == domain ||
           (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

/// The last two labels.
std::string_view owner_of(std::string_view host) {
    auto dot = host.rfind('.');
    if (dot != std::string_view::npos && dot > 0) dot = host.rfind('.', dot - 1);
    return dot == std::string_view::npos ? host : host.substr(dot + 1);
}

std::string list_in(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto host = is_host_octet(text[at]) ? host_at(text.substr(at)) : std::string_view();
        for (const auto owner : operators)
            if (is_below(host, owner)) return std::string(host.starts_with("www.") ? host.substr(4) : host);
        at += std::max<std::size_t>(host.size(), 1);
    }
    for (const std::string_view before : {"blocked using ", "listed in ", "listed at ", "listed by ", "listed on "}) {
        const auto at = text.find(before);
        if (at == std::string_view::npos) continue;
        const auto host = host_at(text.substr(at + before.size()));
        const bool is_name = host.find('.') != std::string_view::npos && !IpAddress::parse(host);
        if (is_name && host.size() <= 253) return std::string(host);
    }
    return {};
}

std::vector<IpAddress> addresses_in(std::string_view text) {
    std::vector<IpAddress> found;
    const auto is_part = [](char c) { return is_host_octet(c) || c == ':'; };
    for (std::size_t at = 0; at < text.size() && found.size() < 4;) {
        std::size_t end = at;
        while (end < text.size() && is_part(text[end]))
            ++end;
        auto word = text.substr(at, end - at);
        while (!word.empty() && (word.back() == '.' || word.back() == ':'))
            word.remove_suffix(1);
        if (const auto address = IpAddress::parse(word);
            address && std::find(found.begin(), found.end(), *address) == found.end())
            found.push_back(*address);
        at = std::max(end, at + 1);
    }
    return found;
}

} // namespace

std::string_view to_string(RemoteRefusal::Why why) {
    switch (why) {
    case Why::none: return "none";
    case Why::listed: return "listed";
    case Why::reputation: return "reputation";
    case Why::unwanted: return "unwanted";
    }
    return "";
}

bool RemoteRefusal::may_mean(std::string_view zone) const {
    if (list.empty()) return true;
    const std::string name = ascii_lowercase(zone);
    return is_below(list, name) || owner_of(list) == owner_of(name);
}

bool RemoteRefusal::may_mean(const IpAddress& egress) const {
    return addresses.empty() || std::find(addresses.begin(), addresses.end(), egress) != addresses.end();
}

RemoteRefusal read_refusal(const event::Event& result) {
    using event::DeliveryStatus;
    RemoteRefusal refusal;
    if (result.type != event::Type::delivery_result || result.delivery == DeliveryStatus::sent) return refusal;
    const std::string text = ascii_lowercase(result.reason);
    std::string_view said = text;
    // Before it Postfix names the other server, whose address is not ours.
    for (const std::string_view mark : {" said: ", " refused to talk to me: "})
        if (const auto at = said.find(mark); at != std::string_view::npos) said.remove_prefix(at + mark.size());
    if (said.size() == text.size()) return refusal;
    for (const Pattern& pattern : patterns) {
        if (said.find(pattern.words) == std::string_view::npos) continue;
        refusal.why = pattern.why;
        refusal.list = list_in(said);
        refusal.addresses = addresses_in(said);
        return refusal;
    }
    return refusal;
}

} // namespace lazaret::detect
