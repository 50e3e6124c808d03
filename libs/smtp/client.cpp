#include "smtp/client.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <stdexcept>

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_command = 512;   // RFC 5321 4.5.3.1.4
constexpr std::size_t max_attribute = 255; // a value of XFORWARD or XCLIENT
constexpr std::size_t max_keywords = 32;   // of one list in an EHLO reply
constexpr std::string_view unavailable = "[UNAVAILABLE]";

// The last door: whatever came in, one command stays one command.
std::string_view one_line(std::string_view argument) {
    if (argument.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        throw std::logic_error("a line end inside an SMTP command");
    return argument;
}

std::string uppercase(std::string_view text) {
    std::string upper(text);
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> list;
    for (const std::string_view word : split(text, ' '))
        if (!word.empty() && list.size() < max_keywords) list.push_back(uppercase(word));
    return list;
}

// As much of the value as fits when it is encoded.
std::string attribute_value(std::string_view value) {
    std::string encoded = xtext_encode(value);
    while (encoded.size() > max_attribute) {
        value.remove_suffix(1);
        encoded = xtext_encode(value);
    }
    return encoded.empty() ? std::string(unavailable) : encoded;
}

std::string value_of(std::string_view attribute, const Forward& forward) {
    if (attribute == "NAME") return attribute_value(forward.name);
    if (attribute == "ADDR" && !forward.address.is_unspecified())
        return (forward.address.is_v4() ? "" : "IPV6:") + forward.address.to_string();
    if (attribute == "PORT" && forward.port != 0) return std::to_string(forward.port);
    if (attribute == "PROTO") return forward.esmtp ? "ESMTP" : "SMTP";
    if (attribute == "HELO") return attribute_value(forward.helo);
    if (attribute == "IDENT") return attribute_value(forward.ident.view());
    if (attribute == "SOURCE") return "REMOTE";
    return std::string(unavailable);
}

} // namespace

Extensions parse_ehlo(const Reply& reply) {
    Extensions hop;
    const auto lines = split(reply.text(), '\n');
    for (std::size_t i = 1; i < lines.size(); ++i) { // the first is the greeting, RFC 5321 4.1.1.1
        const std::string_view line = trim(lines[i]);
        const std::string keyword = uppercase(line.substr(0, line.find(' ')));
        const std::string_view parameters = trim(line.substr(keyword.size()));
        if (keyword == "PIPELINING")
            hop.pipelining = true;
        else if (keyword == "8BITMIME")
            hop.eight_bit_mime = true;
        else if (keyword == "SMTPUTF8")
            hop.smtputf8 = true;
        else if (keyword == "DSN")
            hop.dsn = true;
        else if (keyword == "ENHANCEDSTATUSCODES")
            hop.enhanced_status_codes = true;
        else if (keyword == "STARTTLS")
            hop.starttls = true;
        else if (keyword == "CHUNKING")
            hop.chunking = true;
        else if (keyword == "XFORWARD")
            hop.xforward = words(parameters);
        else if (keyword == "XCLIENT")
            hop.xclient = words(parameters);
        else if (keyword == "AUTH")
            hop.auth_mechanisms = words(parameters);
        else if (keyword == "SIZE") {
            hop.size = true;
            hop.max_size =
                parse_unsigned(parameters).value_or(0); // RFC 1870 4: none, or 0, is no fixed limit
        }
    }
    return hop;
}

void append_ehlo(std::string& wire, std::string_view hostname) {
    wire.append("EHLO ").append(one_line(hostname)).append("\r\n");
}

int append_xforward(std::string& wire, const Forward& forward, const Extensions& hop) {
    constexpr std::string_view attributes[] = {"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"};
    int commands = 0;
    std::size_t begin = 0; // of the command being written
    for (const std::string_view attribute : attributes) {
        if (std::find(hop.xforward.begin(), hop.xforward.end(), attribute) == hop.xforward.end()) continue;
        const std::string pair = ' ' + std::string(attribute) + '=' + value_of(attribute, forward);
        if (commands == 0 || wire.size() - begin + pair.size() + 2 > max_command) {
            if (commands++ > 0) wire += "\r\n";
            begin = wire.size();
            wire += "XFORWARD";
        }
        wire += pair;
    }
    if (commands > 0) wire += "\r\n";
    return commands;
}

bool append_xclient_login(std::string& wire, std::string_view login, const Extensions& hop) {
    if (std::find(hop.xclient.begin(), hop.xclient.end(), "LOGIN") == hop.xclient.end()) return false;
    const std::string encoded = login.empty() ? std::string(unavailable) : xtext_encode(login);
    if (encoded.size() > max_attribute) return false;
    wire.append("XCLIENT LOGIN=").append(encoded).append("\r\n");
    return true;
}

void append_mail(std::string& wire, const MailFrom& mail, std::uint64_t size, const Extensions& hop) {
    wire.append("MAIL FROM:<").append(one_line(mail.path.address)).append(">");
    if (hop.size && size > 0) wire.append(" SIZE=").append(std::to_string(size)); // RFC 1870 6.1
    if (hop.eight_bit_mime && mail.body == Body::seven_bit) wire += " BODY=7BIT";
    if (hop.eight_bit_mime && mail.body == Body::eight_bit_mime) wire += " BODY=8BITMIME";
    if (hop.smtputf8 && mail.smtputf8) wire += " SMTPUTF8";
    if (hop.dsn && mail.ret == Ret::full) wire += " RET=FULL";
    if (hop.dsn && mail.ret == Ret::headers) wire += " RET=HDRS";
    if (hop.dsn && !mail.envid.empty()) wire.append(" ENVID=").append(one_line(mail.envid));
    wire += "\r\n";
}

void append_rcpt(std::string& wire, const RcptTo& rcpt, const Extensions& hop) {
    wire.append("RCPT TO:<").append(one_line(rcpt.path.address)).append(">");
    if (hop.dsn && !rcpt.notify.empty()) wire.append(" NOTIFY=").append(one_line(rcpt.notify));
    if (hop.dsn && !rcpt.orcpt.empty()) wire.append(" ORCPT=").append(one_line(rcpt.orcpt));
    wire += "\r\n";
}

} // namespace lazaret::smtp
