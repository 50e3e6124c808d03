#include "smtp/xforward.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"

#include <utility>

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_value = 255, max_proto = 64; // as Postfix bounds them, encoded

/// The texts go into events, logs and the next hop's XFORWARD: a control octet that hides in xtext becomes "?".
std::string harmless(const std::string& value) {
    return printable(value, max_value);
}

std::optional<IpAddress> parse_address(std::string_view text) {
    constexpr std::string_view v6 = "IPV6:";
    const bool tagged = ascii_istarts_with(text, v6);
    if (tagged) text.remove_prefix(v6.size());
    const auto address = IpAddress::parse(text);
    const bool has_colon = text.find(':') != std::string_view::npos;
    if (!address || has_colon != tagged) return std::nullopt;
    return *address;
}

/// False where the value does not fit the attribute. "" = unavailable.
bool set(Forwarded& into, std::string_view name, const std::string& value) {
    if (ascii_iequals(name, "NAME")) {
        into.name = harmless(value);
    } else if (ascii_iequals(name, "HELO")) {
        into.helo = harmless(value);
    } else if (ascii_iequals(name, "IDENT")) {
        into.ident = harmless(value);
    } else if (ascii_iequals(name, "ADDR")) {
        into.address = parse_address(value);
        return value.empty() || into.address;
    } else if (ascii_iequals(name, "PORT")) {
        const auto port = parse_unsigned(value);
        if (!value.empty() && (!port || *port == 0 || *port > 65535)) return false;
        into.port = static_cast<std::uint16_t>(port.value_or(0));
    } else if (ascii_iequals(name, "PROTO")) {
        if (value.size() > max_proto) return false;
        into.esmtp = !ascii_iequals(value, "SMTP");
    } else if (ascii_iequals(name, "SOURCE")) {
        into.local = ascii_iequals(value, "LOCAL");
        return value.empty() || into.local || ascii_iequals(value, "REMOTE");
    } else {
        return false;
    }
    return true;
}

} // namespace

std::optional<Reply> parse_xforward(std::string_view argument, Forwarded& into) {
    Forwarded fresh = into;
    bool any = false;
    while (!argument.empty()) {
        const std::string_view word = argument.substr(0, argument.find(' '));
        argument.remove_prefix(word.size());
        while (argument.starts_with(' ')) argument.remove_prefix(1);
        const auto equals = word.find('=');
        if (equals == std::string_view::npos) return replies::syntax("XFORWARD attribute=value");
        const std::string_view name = word.substr(0, equals), text = word.substr(equals + 1);
        std::optional<std::string> value = std::string();
        if (!ascii_iequals(text, "[UNAVAILABLE]")) value = xtext_decode(text);
        const bool fits = value && !text.empty() && text.size() <= max_value && set(fresh, name, *value);
        if (!fits) return replies::bad_forward(name);
        any = true;
    }
    if (!any) return replies::syntax("XFORWARD attribute=value");
    into = std::move(fresh);
    return std::nullopt;
}

} // namespace lazaret::smtp
