#include "net/url.hpp"

#include "core/address.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace lazaret::net {

namespace {

bool host_octet(char c) {
    return ascii_is_alnum(c) || c == '-' ||
           c == '.' || c == '_';
}

} // namespace

Result<Url> Url::parse(std::string_view text) {
    const auto wrong = [text](std::string_view why) {
        return Error("\"" + printable(text) + "\" is no usable URL: " + std::string(why));
    };
    Url url;
    auto rest = text;
    if (ascii_istarts_with(rest, "https://"))
        url.tls = true;
    else if (!ascii_istarts_with(rest, "http://"))
        return wrong("it must begin with http:// or https://");
    rest.remove_prefix(url.tls ? 8 : 7);
    if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        return wrong("spaces, control octets and non-ASCII characters must be percent-encoded");
    if (rest.find('#') != rest.npos) return wrong("it must not have a fragment (#...)");

    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(authority.size());
    if (authority.find('@') != authority.npos) return wrong("it must not have a user name or password");
    url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);

    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == authority.npos) return wrong("']' is missing");
        url.host = authority.substr(1, end - 1);
        const auto address = IpAddress::parse(url.host);
        if (!address || url.host.find(':') == url.host.npos)
            return wrong("an IPv6 address was expected in brackets");
        port = authority.substr(end + 1);
        if (!port.empty() && port.front() != ':') return wrong("a port was expected after the address");
    } else {
        url.host = authority.substr(0, authority.find(':'));
        port = authority.substr(url.host.size());
        if (url.host.empty()) return wrong("the host is missing");
        if (!std::all_of(url.host.begin(), url.host.end(), host_octet))
            return wrong("the host has odd characters");
    }
    url.port = url.tls ? 443 : 80;
    if (!port.empty()) {
        const auto number = parse_unsigned(port.substr(1));
        if (!number || *number == 0 || *number > 65535) return wrong("the port must be 1-65535");
        url.port = static_cast<std::uint16_t>(*number);
    }
    return url;
}

std::string Url::authority() const {
    auto text = host.find(':') == host.npos ? host : "[" + host + "]";
    if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
    return text;
}

} // namespace lazaret::net
