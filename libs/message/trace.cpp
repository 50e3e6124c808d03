#include "message/trace.hpp"

#include "core/text.hpp"

namespace lazaret::message {

namespace {

constexpr std::size_t longest_name = 255; // RFC 5321 4.5.3.1.2

// What a client may say in HELO and is shown to the world: a domain or an address literal, all else as '?'.
std::string tame(std::string_view helo) {
    std::string out(helo.substr(0, longest_name));
    const bool literal = out.size() > 2 && out.front() == '[' && out.back() == ']';
    const auto plain = [literal](char c) {
        return ascii_is_alnum(c) || c == '.' ||
               c == '-' || c == '_' || (literal && c == ':');
    };
    const std::size_t edge = literal ? 1 : 0;
    for (std::size_t i = edge; i < out.size() - edge; ++i)
        if (!plain(out[i])) out[i] = '?';
    return out.empty() ? "unknown" : out;
}

std::string address_literal(const IpAddress& address) {
    return (address.is_v4() ? "[" : "[IPv6:") + address.to_string() + ']'; // RFC 5321 4.1.3
}

} // namespace

std::string with_keyword(const Received& trace) {
    if (!trace.utf8 && !trace.esmtp) return "SMTP";
    std::string keyword = trace.utf8 ? "UTF8SMTP" : "ESMTP";
    if (trace.tls) keyword += 'S';
    if (trace.auth) keyword += 'A';
    return keyword;
}

std::string received_field(const Received& trace) {
    std::string out = "Received: from ";
    out.reserve(400);
    const std::string name = tame(trace.helo);
    out += name;
    out += name.size() > 40 ? "\r\n\t(" : " (";
    out += address_literal(trace.client);
    out += ")\r\n\t";
    if (trace.tls && !trace.tls_version.empty()) {
        out += "(using ";
        out += trace.tls_version;
        if (!trace.tls_cipher.empty()) {
            out += " with cipher ";
            out += trace.tls_cipher;
        }
        out += ")\r\n\t";
    }
    out += "by ";
    out += trace.hostname;
    out += trace.hostname.size() > 40 ? "\r\n\t" : " ";
    out += "with ";
    out += with_keyword(trace);
    if (!trace.id.empty()) {
        out += " id ";
        out += trace.id.view();
    }
    out += ";\r\n\t";
    out += format_rfc5322(trace.at);
    out += "\r\n";
    return out;
}

std::string missing_fields(const HeaderReader& header, const TraceId& id, std::string_view hostname,
                           Time at) {
    std::string out;
    if (header.lacks("Date")) out.append("Date: ").append(format_rfc5322(at)).append("\r\n");
    if (header.lacks("Message-ID")) {
        out.append("Message-ID: <").append(id.view()).append("@").append(hostname);
        out.append(">\r\n");
    }
    if (header.needs_separator()) out += "\r\n";
    return out;
}

} // namespace lazaret::message
