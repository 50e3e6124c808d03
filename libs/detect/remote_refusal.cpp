#include "detect/remote_refusal.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>

namespace lazaret::detect {
namespace {

bool is_host_octet(char c) {
    return ascii_is_lower(c) || ascii_is_digit(c) || c == '.' || c == '-';
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

std::string list_in(std::string_view text, const std::vector<std::string>& operators) {
    for (std::size_t at = 0; at < text.size();) {
        const auto host = is_host_octet(text[at]) ? host_at(text.substr(at)) : std::string_view();
        for (const auto& owner : operators)
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

/// Codes of RFC 7372 3 and RFC 7505 4.2 for a sender's domain that does not pass, and the one of RFC 3463 for one that is not there.
bool blames_sender_domain(std::string_view enhanced) {
    constexpr std::array<std::string_view, 8> codes{"5.1.8",  "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.24", "5.7.26", "5.7.27"};
    return std::ranges::find(codes, enhanced) != codes.end();
}

} // namespace

bool RemoteRefusal::may_mean(std::string_view zone) const {
    if (list.empty()) return true;
    const std::string name = ascii_lowercase(zone);
    return is_below(list, name) || owner_of(list) == owner_of(name);
}

bool RemoteRefusal::may_mean(const IpAddress& egress) const {
    return addresses.empty() || std::find(addresses.begin(), addresses.end(), egress) != addresses.end();
}

RemoteRefusal read_refusal(const event::Event& result, const Replies& replies) {
    using event::DeliveryStatus;
    RemoteRefusal refusal;
    if (result.type != event::Type::delivery_result || result.delivery == DeliveryStatus::sent) return refusal;
    const std::string text = ascii_lowercase(result.reason);
    std::string_view said = text;
    // Before it Postfix names the other server, whose address is not ours.
    for (const std::string_view mark : {" said: ", " refused to talk to me: "})
        if (const auto at = said.find(mark); at != std::string_view::npos) said.remove_prefix(at + mark.size());
    if (said.size() == text.size()) return refusal;
    if (replies.says_nonexistent(said)) return refusal;
    refusal.why = replies.why(said);
    if (refusal.why == Why::none && blames_sender_domain(result.enhanced)) refusal.why = Why::unauthenticated;
    if (refusal.why == Why::none) return refusal;
    refusal.list = list_in(said, replies.operators());
    refusal.addresses = addresses_in(said);
    return refusal;
}

} // namespace lazaret::detect
