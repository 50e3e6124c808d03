#include "spf/macro.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::spf {

namespace {

constexpr std::size_t longest_name = 253;
constexpr std::string_view delimiters = ".-+,/_=";
constexpr std::string_view letters = "slodiphvcrt";

/// Octets of IPv4, nibbles of IPv6, with dots between.
std::string dotted(const IpAddress& address) {
    if (address.is_v4()) return address.to_string();
    std::string out;
    for (const auto byte : address.bytes())
        for (const int nibble : {byte >> 4, byte & 15}) {
            if (!out.empty()) out += '.';
            out += "0123456789abcdef"[nibble];
        }
    return out;
}

std::string value_of(char letter, const MacroValues& values, std::string_view domain) {
    switch (letter) {
    case 's': return values.sender_local + '@' + values.sender_domain;
    case 'l': return values.sender_local;
    case 'o': return values.sender_domain;
    case 'd': return std::string(domain);
    case 'i': return dotted(values.client);
    case 'p': return values.validated;
    case 'h': return values.helo;
    case 'v': return values.client.is_v4() ? "in-addr" : "ip6";
    }
    return {};
}

/// RFC 3986 2.1, for macros in capitals.
std::string url_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (ascii_is_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += "0123456789ABCDEF"[octet >> 4];
        out += "0123456789ABCDEF"[octet & 15];
    }
    return out;
}

/// The value's parts, turned around and cut, joined by dots.
std::string transformed(const std::string& value, std::string_view separators, bool reversed, unsigned labels) {
    std::vector<std::string_view> parts;
    std::string_view rest = value;
    while (true) {
        const auto end = rest.find_first_of(separators);
        parts.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    if (reversed) std::reverse(parts.begin(), parts.end());
    const std::size_t from = labels == 0 || labels >= parts.size() ? 0 : parts.size() - labels;
    std::string out;
    for (std::size_t i = from; i < parts.size(); ++i) {
        if (i > from) out += '.';
        out += parts[i];
    }
    return out;
}

} // namespace

void MacroString::add_literal(std::string_view text) {
    if (pieces_.empty() || pieces_.back().letter != 0) pieces_.emplace_back();
    pieces_.back().literal += text;
}

/// Between the braces: a letter, digits, "r", delimiters.
bool MacroString::parse_macro(std::string_view body, Piece& into) {
    if (body.empty()) return false;
    into.letter = ascii_lower(body.front());
    into.escaped = into.letter != body.front();
    if (letters.find(into.letter) == std::string_view::npos) return false;
    body.remove_prefix(1);
    const auto digits = std::min(body.find_first_not_of("0123456789"), body.size());
    if (digits > 0) {
        const auto labels = parse_unsigned(body.substr(0, digits));
        if (labels == std::uint64_t{0}) return false;
        into.labels = static_cast<unsigned>(std::min<std::uint64_t>(labels.value_or(255), 255)); // no name has more
    }
    body.remove_prefix(digits);
    if (!body.empty() && ascii_lower(body.front()) == 'r') {
        into.reversed = true;
        body.remove_prefix(1);
    }
    if (body.find_first_not_of(delimiters) != std::string_view::npos) return false;
    if (!body.empty()) into.delimiters = body;
    return true;
}

std::optional<MacroString> MacroString::parse(std::string_view text) {
    MacroString out;
    while (!text.empty()) {
        if (text.front() != '%') {
            const auto literal = text.substr(0, text.find('%'));
            if (!std::all_of(literal.begin(), literal.end(), [](char c) { return c > ' ' && c < 0x7F; })) return std::nullopt;
            out.add_literal(literal);
            out.ends_in_macro_ = false;
            text.remove_prefix(literal.size());
            continue;
        }
        out.ends_in_macro_ = true;
        const char kind = text.size() > 1 ? text[1] : 0;
        if (kind == '%' || kind == '_' || kind == '-') {
            out.add_literal(kind == '%' ? "%" : kind == '_' ? " " : "%20");
            text.remove_prefix(2);
            continue;
        }
        const auto end = text.find('}');
        Piece piece;
        if (kind != '{' || end == std::string_view::npos || !parse_macro(text.substr(2, end - 2), piece)) return std::nullopt;
        out.pieces_.push_back(std::move(piece));
        text.remove_prefix(end + 1);
    }
    return out;
}

std::optional<MacroString> MacroString::parse_domain(std::string_view text) {
    auto out = parse(text);
    if (!out || !out->ends_like_a_domain() || out->uses('c') || out->uses('r') || out->uses('t')) return std::nullopt;
    return out;
}

/// domain-end of RFC 7208 7.1: a macro, or "." toplabel [ "." ].
bool MacroString::ends_like_a_domain() const {
    if (ends_in_macro_) return true;
    if (pieces_.empty()) return false;
    std::string_view end = pieces_.back().literal;
    if (end.ends_with('.')) end.remove_suffix(1);
    const auto dot = end.rfind('.');
    if (dot == std::string_view::npos) return false;
    const auto label = end.substr(dot + 1);
    const bool fits = std::all_of(label.begin(), label.end(), [](char c) { return ascii_is_alnum(c) || c == '-'; });
    return fits && !label.empty() && label.front() != '-' && label.back() != '-' && !std::all_of(label.begin(), label.end(), ascii_is_digit);
}

bool MacroString::uses(char letter) const {
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.letter == letter; });
}

std::string MacroString::expand(const MacroValues& values, std::string_view domain) const {
    std::string out;
    for (const auto& piece : pieces_) {
        if (piece.letter == 0) {
            out += piece.literal;
            continue;
        }
        auto value = transformed(value_of(piece.letter, values, domain), piece.delimiters, piece.reversed, piece.labels);
        out += piece.escaped ? url_escaped(value) : value;
    }
    if (out.ends_with('.')) out.pop_back();
    while (out.size() > longest_name) {
        const auto dot = out.find('.');
        if (dot == std::string::npos) break;
        out.erase(0, dot + 1);
    }
    return out;
}

} // namespace lazaret::spf
