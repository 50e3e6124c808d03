#include "smtp/path.hpp"

#include "core/address.hpp"
#include "core/text.hpp"

namespace lazaret::smtp {

namespace {

constexpr std::size_t max_local = 64;   // RFC 5321 4.5.3.1.1
constexpr std::size_t max_domain = 255; // RFC 5321 4.5.3.1.2
constexpr std::size_t max_path = 256;   // RFC 5321 4.5.3.1.3, with the angle brackets
constexpr std::size_t max_label = 63;   // RFC 1035 2.3.4

bool non_ascii(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}

bool atext(char c) { // RFC 5322 3.2.3, RFC 6531 3.3
    return ascii_is_alnum(c) || non_ascii(c) ||
           (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

// The length of the Quoted-string at the front (RFC 5321 4.1.2), 0 if there is none.
std::size_t quoted_string(std::string_view text) {
    if (text.empty() || text.front() != '"') return 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return i + 1;
        if (text[i] == '\\') ++i;
        if (i == text.size() || ((text[i] < ' ' || text[i] > '~') && !non_ascii(text[i]))) return 0;
    }
    return 0;
}

// The length of the Dot-string at the front (RFC 5321 4.1.2), 0 if there is none.
std::size_t dot_string(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && (atext(text[i]) || (text[i] == '.' && i > 0 && text[i - 1] != '.')))
        ++i;
    return i > 0 && text[i - 1] == '.' ? 0 : i;
}

bool is_label(std::string_view label) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    if (is_ascii(label) && label.size() > max_label) return false;
    for (const char c :
         label) // an underscore breaks RFC 5321 4.1.2, but there are such names and they get mail
        if (!ascii_is_alnum(c) && !non_ascii(c) && c != '-' && c != '_') return false;
    return true;
}

bool is_literal(std::string_view domain) { // RFC 5321 4.1.3
    if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return false;
    const std::string_view inner = domain.substr(1, domain.size() - 2);
    const bool v6 = ascii_istarts_with(inner, "IPv6:");
    const std::string_view address = v6 ? inner.substr(5) : inner;
    return (address.find(':') != std::string_view::npos) == v6 && IpAddress::parse(address).has_value();
}

bool is_domain(std::string_view domain) {
    if (domain.size() > max_domain) return false;
    if (is_literal(domain)) return true;
    for (const std::string_view label : split(domain, '.'))
        if (!is_label(label)) return false;
    return true;
}

// "@one,@two:" in front of a mailbox.
bool drop_source_route(std::string_view& text) {
    if (text.empty() || text.front() != '@') return true;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    for (const std::string_view hop : split(text.substr(0, colon), ','))
        if (hop.empty() || hop.front() != '@' || !is_domain(hop.substr(1))) return false;
    text.remove_prefix(colon + 1);
    return true;
}

} // namespace

std::optional<Path> parse_path(std::string_view& text) {
    if (text.empty() || text.front() != '<') return std::nullopt;
    std::string_view rest = text.substr(1);
    Path path;
    if (rest.starts_with('>')) { // the null path
        text.remove_prefix(2);
        return path;
    }
    if (!drop_source_route(rest)) return std::nullopt;
    const std::size_t local = rest.starts_with('"') ? quoted_string(rest) : dot_string(rest);
    if (local == 0 || local > max_local) return std::nullopt;
    const std::size_t close = rest.find('>', local);
    if (close == std::string_view::npos || close + 2 > max_path) return std::nullopt;
    const std::string_view mailbox = rest.substr(0, close);
    if (!is_valid_utf8(mailbox)) return std::nullopt;
    if (close == local) { // no domain: only for "Postmaster", RFC 5321 4.1.1.3
        if (!ascii_iequals(mailbox, "postmaster")) return std::nullopt;
    } else if (mailbox[local] != '@' || !is_domain(mailbox.substr(local + 1))) {
        return std::nullopt;
    }
    path.address = mailbox;
    path.at = local;
    text.remove_prefix(text.size() - rest.size() + close + 1);
    return path;
}

bool is_fqdn(std::string_view domain) {
    return domain.find('.') != std::string_view::npos || is_literal(domain);
}

} // namespace lazaret::smtp
