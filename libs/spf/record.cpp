#include "spf/record.hpp"

#include "core/names.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lazaret::spf {

namespace {

using Kind = Mechanism::Kind;

constexpr std::string_view version = "v=spf1";

constexpr std::array<Name<Kind>, 8> kinds{{{Kind::all, "all"},
                                           {Kind::include, "include"},
                                           {Kind::a, "a"},
                                           {Kind::mx, "mx"},
                                           {Kind::ptr, "ptr"},
                                           {Kind::ip4, "ip4"},
                                           {Kind::ip6, "ip6"},
                                           {Kind::exists, "exists"}}};

/// What stands before the "=" of a modifier, "" where the term is none.
std::string_view modifier_name(std::string_view term) {
    const auto name = term.substr(0, term.find('='));
    const bool fits = name.size() < term.size() && !name.empty() && ascii_is_alpha(name.front()) &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                          return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.';
                      });
    return fits ? name : std::string_view();
}

/// "/24" without leading zeros, from 0 to `most`.
std::optional<int> prefix(std::string_view digits, int most) {
    const auto value = parse_unsigned(digits);
    if (!value || *value > static_cast<std::uint64_t>(most) || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    return static_cast<int>(*value);
}

/// Takes what follows the last `mark` off, if that is nothing but digits.
std::string_view take_digits(std::string_view& text, std::string_view mark) {
    const auto at = text.rfind(mark);
    if (at == std::string_view::npos) return {};
    const auto digits = text.substr(at + mark.size());
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return {};
    text = text.substr(0, at);
    return digits;
}

/// dual-cidr-length: "/24", "//64" or "/24//64".
bool take_prefixes(std::string_view& text, Mechanism& into) {
    if (const auto digits = take_digits(text, "//"); !digits.empty()) {
        const auto bits = prefix(digits, 128);
        if (!bits) return false;
        into.prefix_v6 = *bits;
    }
    if (const auto digits = take_digits(text, "/"); !digits.empty()) {
        const auto bits = prefix(digits, 32);
        if (!bits) return false;
        into.prefix_v4 = *bits;
    }
    return true;
}

/// ":" domain-spec, or nothing where that is allowed.
bool take_domain(std::string_view text, bool needed, Mechanism& into) {
    if (text.empty()) return !needed;
    if (text.front() != ':') return false;
    into.domain = MacroString::parse_domain(text.substr(1));
    return into.domain.has_value();
}

/// ":" address [ "/" prefix ]; host bits may be set.
bool take_network(std::string_view text, bool v4, Mechanism& into) {
    if (!text.starts_with(':')) return false;
    text.remove_prefix(1);
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    const bool fits = address && (v4 ? text.substr(0, slash).find(':') == std::string_view::npos
                                     : text.substr(0, slash).find(':') != std::string_view::npos);
    if (!fits) return false;
    const int most = v4 ? 32 : 128;
    const auto bits = slash == std::string_view::npos ? std::optional<int>(most) : prefix(text.substr(slash + 1), most);
    if (!bits) return false;
    // ::ffff:192.0.2.1 is held as IPv4, where its prefix would mean something else: it matches nobody (100::, RFC 6666).
    into.network = address->is_v4() == v4 ? Cidr(*address, *bits) : Cidr(IpAddress::from_v6({0x01}), 128);
    return true;
}

bool parse_mechanism(std::string_view term, Mechanism& into) {
    constexpr std::array<std::pair<char, Verdict>, 4> qualifiers{
        {{'+', Verdict::pass}, {'-', Verdict::fail}, {'~', Verdict::softfail}, {'?', Verdict::neutral}}};
    for (const auto& [sign, verdict] : qualifiers)
        if (term.starts_with(sign)) {
            into.qualifier = verdict;
            term.remove_prefix(1);
            break;
        }
    const auto end = std::min(term.find_first_of(":/"), term.size());
    const auto kind = value_of(kinds, ascii_lowercase(term.substr(0, end)), "a mechanism");
    if (!kind) return false;
    into.kind = *kind;
    auto rest = term.substr(end);
    switch (into.kind) {
    case Kind::all: return rest.empty();
    case Kind::include:
    case Kind::exists: return take_domain(rest, true, into);
    case Kind::ptr: return take_domain(rest, false, into);
    case Kind::a:
    case Kind::mx: return take_prefixes(rest, into) && take_domain(rest, false, into);
    case Kind::ip4: return take_network(rest, true, into);
    case Kind::ip6: return take_network(rest, false, into);
    }
    return false;
}

Error wrong(std::string_view term, const char* why) {
    return Error("'" + printable(term, 80) + "' " + why);
}

} // namespace

bool Record::is_one(std::string_view text) {
    return ascii_istarts_with(text, version) && (text.size() == version.size() || text[version.size()] == ' ');
}

Result<Record> Record::parse(std::string_view text) {
    if (!is_one(text)) return wrong(text, "does not begin with v=spf1");
    Record record;
    bool explained = false, has_all = false;
    for (const auto term : split(text.substr(version.size()), ' ')) {
        if (term.empty()) continue;
        if (const auto name = modifier_name(term); !name.empty()) {
            const auto value = term.substr(name.size() + 1);
            const bool redirects = ascii_iequals(name, "redirect"), explains = ascii_iequals(name, "exp");
            auto parsed = redirects || explains ? MacroString::parse_domain(value) : MacroString::parse(value);
            if (!parsed) return wrong(term, "has a value that does not fit");
            if ((redirects && record.redirect) || (explains && std::exchange(explained, true))) return wrong(term, "stands twice");
            if (redirects) record.redirect = std::move(parsed);
            continue;
        }
        Mechanism mechanism;
        if (!parse_mechanism(term, mechanism)) return wrong(term, "is no mechanism or modifier");
        has_all |= mechanism.kind == Kind::all;
        record.mechanisms.push_back(std::move(mechanism));
    }
    if (has_all) record.redirect.reset(); // 6.1
    return record;
}

bool is_domain(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.size() > 253 || name.find('.') == std::string_view::npos) return false;
    for (const auto label : split(name, '.'))
        if (label.empty() || label.size() > 63) return false;
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 0x7F && c != '\\'; }); // %_ is a space
}

} // namespace lazaret::spf
