#include "mime/uris.hpp"

#include "core/text.hpp"
#include "mime/hosts.hpp"

#include <algorithm>
#include <array>

namespace lazaret::mime {

namespace {

constexpr std::size_t longest_uri = 2048, longest_written = 4096;
constexpr std::array<std::string_view, 3> with_authority = {"https", "http", "ftp"};

/// Browsers drop tabs and line ends inside, and take "\" for "/".
std::string cleaned(std::string_view written) {
    std::string out;
    written = trim(written.substr(0, longest_written));
    bool path = false;
    for (const char c : written) {
        if (c == '\t' || c == '\r' || c == '\n') continue;
        path |= c == '?' || c == '#';
        out += c == '\\' && !path ? '/' : c;
    }
    return out;
}

bool is_port_of(std::string_view port, std::string_view scheme) {
    return port.empty() || (scheme == "http" && port == "80") || (scheme == "https" && port == "443") ||
           (scheme == "ftp" && port == "21");
}

std::optional<Host> host_of(std::string_view written, HostMemo* memo) {
    return memo ? memo->parse(written) : parse_host(written);
}

void set_host(Uri& uri, Host host) {
    uri.host = std::move(host.name);
    uri.domain = std::move(host.domain);
    uri.is_address = host.is_address;
    uri.obfuscated = host.obfuscated;
}

std::optional<Uri> mailto(std::string_view rest, HostMemo* memo) {
    rest = rest.substr(0, rest.find_first_of("?,"));
    auto at = rest.rfind('@');
    std::size_t width = 1;
    if (at == rest.npos) {
        at = rest.rfind("%40");
        width = 3;
    }
    if (at == rest.npos) return std::nullopt;
    auto host = host_of(trim(rest.substr(at + width)), memo);
    if (!host) return std::nullopt;
    Uri out;
    out.scheme = "mailto";
    set_host(out, std::move(*host));
    out.uri = "mailto:" + out.host;
    return out;
}

/// `rest`: behind "scheme:" and the slashes.
std::optional<Uri> hierarchical(std::string scheme, std::string_view rest, HostMemo* memo) {
    Uri out;
    out.scheme = std::move(scheme);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    auto authority = rest.substr(0, end);
    rest.remove_prefix(end);
    if (const auto at = authority.rfind('@'); at != authority.npos) {
        out.has_user = true;
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    const auto colon = authority.rfind(':'), bracket = authority.rfind(']');
    if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
        port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
        if (port.size() > 5 || port.find_first_not_of("0123456789") != port.npos) return std::nullopt;
    }
    auto host = host_of(authority, memo);
    if (!host) return std::nullopt;
    set_host(out, std::move(*host));
    const bool v6 = out.is_address && out.host.find(':') != std::string::npos;
    out.uri = out.scheme + "://" + (v6 ? "[" + out.host + "]" : out.host);
    if (!is_port_of(port, out.scheme)) out.uri.append(":").append(port);
    if (!rest.starts_with('/')) out.uri += '/';
    out.uri += rest;
    if (out.uri.size() > longest_uri) {
        std::size_t cut = longest_uri;
        while ((static_cast<unsigned char>(out.uri[cut]) & 0xC0) == 0x80)
            --cut;
        out.uri.resize(cut);
    }
    return out;
}

/// Octets of the character at `at` if it ends a URI in text; 0 if not. Quotes and spaces of Unicode end it as
/// those of ASCII do.
bool ends_uri(std::string_view text, std::size_t at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c <= ' ' || c == 0x7F || c == '<' || c == '>' || c == '"' || c == '`' || c == '{' || c == '}' ||
        c == '|')
        return true;
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0u;
    return (c == 0xC2 && (next == 0xA0 || next == 0xAB || next == 0xBB)) || (c == 0xE2 && next == 0x80) ||
           (c == 0xE3 && next == 0x80);
}

std::string_view uri_at(std::string_view text, std::size_t begin) {
    std::size_t end = begin;
    while (end < text.size() && end - begin < longest_written && !ends_uri(text, end))
        ++end;
    auto uri = text.substr(begin, end - begin);
    // Punctuation of the sentence, and closing brackets that were opened before the URI.
    auto surplus = [&](char open, char close) {
        return std::count(uri.begin(), uri.end(), close) - std::count(uri.begin(), uri.end(), open);
    };
    auto round = surplus('(', ')'), square = surplus('[', ']');
    while (!uri.empty()) {
        const char last = uri.back();
        const bool closes = (last == ')' && round-- > 0) || (last == ']' && square-- > 0);
        if (!closes && std::string_view(".,;:!?'*_~").find(last) == std::string_view::npos) break;
        uri.remove_suffix(1);
    }
    return uri;
}

bool is_word(char c) {
    return ascii_is_alnum(c);
}

/// Where a URI begins whose ":" is at `colon`; npos if none does.
std::size_t begin_before(std::string_view text, std::size_t colon) {
    const auto before = text.substr(0, colon);
    const auto behind = text.substr(colon + 1);
    const auto ends_with = [&](std::string_view scheme) {
        return before.size() >= scheme.size() &&
               ascii_iequals(before.substr(before.size() - scheme.size()), scheme);
    };
    if (behind.starts_with("//") || behind.starts_with("\\\\")) {
        for (const auto scheme : with_authority)
            if (ends_with(scheme)) return colon - scheme.size();
    } else if (ends_with("mailto")) {
        return colon - 6;
    }
    return text.npos;
}

/// Where URIs begin in a text, one after another. Linear, since what is done only grows.
class Beginnings {
  public:
    explicit Beginnings(std::string_view text) : text_(text), colon_(text.find(':')), dot_(text.find('.')) {}

    /// The next that is not before `done`, or npos.
    std::size_t next(std::size_t done) {
        if (colon_ != text_.npos && colon_ < done) colon_ = text_.find(':', done);
        if (dot_ != text_.npos && dot_ < done) dot_ = text_.find('.', done);
        while (colon_ != text_.npos || dot_ != text_.npos) {
            std::size_t begin = text_.npos;
            if (colon_ < dot_) {
                begin = begin_before(text_, colon_);
                colon_ = text_.find(':', colon_ + 1);
            } else {
                if (dot_ >= 3 && ascii_iequals(text_.substr(dot_ - 3, 3), "www") && (dot_ == 3 || !is_word(text_[dot_ - 4])))
                    begin = dot_ - 3;
                dot_ = text_.find('.', dot_ + 1);
            }
            if (begin != text_.npos && begin >= done) return begin;
        }
        return text_.npos;
    }

  private:
    std::string_view text_;
    std::size_t colon_, dot_;
};

/// The first place of the Web that the text names among other words.
std::optional<Uri> first_shown(std::string_view text, HostMemo* memo) {
    Beginnings beginnings(text);
    for (std::size_t begin = beginnings.next(0); begin != text.npos;) {
        const auto written = uri_at(text, begin);
        auto uri = parse_uri(written, memo);
        if (uri && uri->scheme != "mailto") return uri;
        begin = beginnings.next(std::max(begin + written.size(), begin + 1));
    }
    return std::nullopt;
}

} // namespace

std::optional<Uri> parse_uri(std::string_view written, HostMemo* memo) {
    const std::string clean = cleaned(written);
    std::string_view rest = clean;
    if (ascii_istarts_with(rest, "mailto:")) return mailto(rest.substr(7), memo);
    std::string scheme = "http";
    bool found = ascii_istarts_with(rest, "www.");
    if (rest.starts_with("//")) {
        found = true;
        rest.remove_prefix(2);
    }
    for (const auto each : with_authority) {
        if (found || !ascii_istarts_with(rest, each) || !rest.substr(each.size()).starts_with(':')) continue;
        rest.remove_prefix(each.size() + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
        scheme = each;
        found = true;
    }
    return found ? hierarchical(std::move(scheme), rest, memo) : std::nullopt;
}

void UriCollector::add(Uri uri, bool in_text) {
    const auto known = known_.find(uri.uri);
    if (known == known_.end() && full()) return budget_.hit.add(Limit::uris);
    const auto [place, fresh] = known_.try_emplace(uri.uri, uris_.size());
    if (fresh) uris_.push_back(std::move(uri));
    auto& kept = uris_[place->second];
    if (!fresh) {
        kept.obfuscated |= uri.obfuscated;
        kept.has_user |= uri.has_user;
    }
    (in_text ? kept.in_text : kept.in_markup) = true;
}

std::optional<Uri> UriCollector::parse(std::string_view written) {
    if (++tries_ > 20 * static_cast<std::size_t>(budget_.limits.uris)) {
        budget_.hit.add(Limit::uris);
        return std::nullopt;
    }
    return parse_uri(written, &hosts_);
}

void UriCollector::read_text(std::string_view text) {
    Beginnings beginnings(text);
    for (std::size_t begin = beginnings.next(0); begin != text.npos;) {
        const auto written = uri_at(text, begin);
        if (auto uri = parse(written)) add(std::move(*uri), true);
        if (budget_.hit.has(Limit::uris)) return;
        begin = beginnings.next(std::max(begin + written.size(), begin + 1));
    }
}

void UriCollector::read_target(std::string_view written) {
    if (auto uri = parse(written)) add(std::move(*uri), false);
}

std::optional<DeceptiveLink> deception(const Anchor& anchor, HostMemo* memo) {
    const auto shown = trim(anchor.shown);
    if (shown.find('.') == shown.npos) return std::nullopt; // most links: words
    auto seen = first_shown(shown, memo);
    if (!seen) { // a bare host, alone
        if (shown.find_first_of(" \t\n@") != shown.npos) return std::nullopt;
        const auto host = host_of(shown.substr(0, shown.find_first_of("/?#:")), memo);
        if (!host || host->is_address || !has_known_suffix(host->name)) return std::nullopt;
        seen.emplace();
        set_host(*seen, *host);
    }
    if (seen->domain.empty()) return std::nullopt;
    auto target = parse_uri(anchor.target, memo);
    if (!target || target->scheme == "mailto" || seen->domain == target->domain) return std::nullopt;
    return DeceptiveLink{std::move(seen->host), std::move(*target)};
}

} // namespace lazaret::mime
