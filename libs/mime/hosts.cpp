#include "mime/hosts.hpp"

#include "core/address.hpp"
#include "core/text.hpp"
#include "mime/punycode.hpp"

#include <cstdint>
#include <memory>

#include <idn2.h>
#include <libpsl.h>

namespace lazaret::mime {

namespace {

constexpr std::size_t longest_written = 1024, longest_host = 253, longest_label = 63; // RFC 1035 2.3.4

/// The system's list where it is newer than the one built into libpsl. Read once, then never changed.
const psl_ctx_t* suffixes() {
    static const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_latest(nullptr), psl_free);
    return list ? list.get() : psl_builtin();
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = text[i] == '%' && i + 2 < text.size()
                               ? hex_decode(ascii_lowercase(text.substr(i + 1, 2)))
                               : std::nullopt;
        if (octet) {
            out += *octet;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::optional<std::string> to_ascii(const std::string& utf8) {
    if (is_ascii(utf8)) return ascii_lowercase(utf8);
    if (!is_valid_utf8(utf8)) return std::nullopt;
    std::uint8_t* raw = nullptr;
    const int rc =
        idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(utf8.c_str()), &raw, IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owned(raw, idn2_free);
    if (rc != IDN2_OK) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(raw));
}

/// For names with what IDNA 2008 refuses, such as emoji: browsers go there all the same. Each label by itself; of the last
/// one IDNA must approve, or it is the text behind a host.
std::optional<std::string> to_ascii_leniently(std::string utf8) {
    if (!is_valid_utf8(utf8) || utf8.find("\xEF\xBF\xBD") != utf8.npos) return std::nullopt; // U+FFFD: was something else
    for (const auto* dot : {"\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1"}) // UTS #46 2.3: U+3002, U+FF0E, U+FF61
        for (auto at = utf8.find(dot); at != utf8.npos; at = utf8.find(dot, at + 1))
            utf8.replace(at, 3, ".");
    std::string out;
    const auto labels = split(utf8, '.');
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto label = to_ascii(std::string(labels[i]));
        if (!label && i + 1 == labels.size()) return std::nullopt;
        out.append(i > 0 ? "." : "").append(label ? *label : "xn--" + punycode(ascii_lowercase(labels[i])));
    }
    return out;
}

std::optional<std::uint64_t> ipv4_number(std::string_view text) {
    unsigned base = 10;
    if (text.starts_with("0x")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        base = 8;
    }
    std::uint64_t out = 0;
    for (const char c : text) {
        const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                                                      : 99;
        if (digit >= base) return std::nullopt;
        out = out * base + digit;
        if (out > 0xFFFFFFFF) return std::nullopt;
    }
    return out;
}

std::optional<IpAddress> ipv4(std::string_view host) {
    const auto parts = split(host, '.');
    if (parts.size() > 4) return std::nullopt;
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto value = parts[i].empty() ? std::nullopt : ipv4_number(parts[i]);
        if (!value) return std::nullopt;
        if (i + 1 < parts.size()) {
            if (*value > 255) return std::nullopt;
            out |= *value << 8 * (3 - i);
        } else {
            if (*value >> 8 * (4 - i) != 0) return std::nullopt;
            out |= *value;
        }
    }
    return IpAddress::from_v4(static_cast<std::uint32_t>(out));
}

bool ends_in_number(std::string_view host) {
    const auto dot = host.rfind('.');
    const auto last = dot == host.npos ? host : host.substr(dot + 1);
    return !last.empty() &&
           (last.find_first_not_of("0123456789") == last.npos ||
            (last.starts_with("0x") && last.find_first_not_of("0123456789abcdef", 2) == last.npos));
}

bool is_name(std::string_view host) {
    if (host.empty() || host.size() > longest_host) return false;
    for (const auto label : split(host, '.'))
        if (label.empty() || label.size() > longest_label ||
            label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != label.npos)
            return false;
    return true;
}

Host address(const IpAddress& ip, std::string_view written, bool obfuscated) {
    Host out;
    out.name = ip.to_string();
    out.is_address = true;
    out.obfuscated = obfuscated || out.name != written;
    return out;
}

} // namespace

std::optional<Host> parse_host(std::string_view written) {
    if (written.empty() || written.size() > longest_written) return std::nullopt;
    if (written.front() == '[') {
        if (written.back() != ']') return std::nullopt;
        written = written.substr(1, written.size() - 2);
        const auto ip = IpAddress::parse(written);
        if (!ip || written.find(':') == written.npos) return std::nullopt;
        return address(*ip, ip->to_string(), false);
    }
    const auto decoded = percent_decoded(written);
    const bool obfuscated = decoded.size() != written.size();
    auto host = to_ascii(decoded);
    if (!host) host = to_ascii_leniently(decoded);
    if (!host) return std::nullopt;
    if (host->size() > 1 && host->back() == '.') host->pop_back(); // the root
    if (ends_in_number(*host)) {
        const auto ip = ipv4(*host);
        if (!ip) return std::nullopt;
        return address(*ip, *host, obfuscated);
    }
    if (!is_name(*host)) return std::nullopt;
    Host out;
    out.name = std::move(*host);
    out.obfuscated = obfuscated;
    if (const char* domain = psl_registrable_domain(suffixes(), out.name.c_str())) out.domain = domain;
    return out;
}

const std::optional<Host>& HostMemo::parse(std::string_view written) {
    constexpr std::size_t most = 1000;
    if (known_.size() >= most) known_.clear();
    const auto [place, fresh] = known_.try_emplace(std::string(written.substr(0, longest_written + 1)));
    if (fresh) place->second = parse_host(written);
    return place->second;
}

bool has_known_suffix(const std::string& host) {
    const auto dot = host.rfind('.');
    if (host.ends_with(".example") || host.ends_with(".test")) return true; // reserved (RFC 2606 2), and in nobody's files
    return dot != host.npos && psl_is_public_suffix2(suffixes(), host.c_str() + dot + 1,
                                                     PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

} // namespace lazaret::mime
