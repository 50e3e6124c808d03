#include "config/rules.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace lazaret::config {
namespace {

struct SizeUnit {
    std::string_view name;
    std::uint64_t octets;
};
constexpr std::array<SizeUnit, 5> size_units{
    {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};

template <class T> std::optional<T> within(std::optional<T> value, T least, T most) {
    return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::optional<double> parse_real(const std::string& text) {
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string format_real(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    char digits[40];
    std::string text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::optional<std::filesystem::path> to_path(const std::string& text, const std::filesystem::path& folder) {
    if (text.find('\0') != std::string::npos) return std::nullopt;
    if (text.empty()) return std::filesystem::path();
    return (folder / text).lexically_normal();
}

/// The elements of a list, or of an override with commas; a single string is a list of one.
std::vector<std::string> words(const Found& found) {
    std::vector<std::string> list;
    if (const auto* word = std::get_if<Found::Word>(&found.value)) {
        for (const auto piece : split(word->text, ','))
            if (!piece.empty()) list.emplace_back(piece);
    } else if (const auto* several = std::get_if<std::vector<std::string>>(&found.value)) {
        list = *several;
    } else if (const auto* one = std::get_if<std::string>(&found.value)) {
        list.push_back(*one);
    }
    return list;
}

std::optional<Paths::Type> paths_in(const Found& found) {
    Paths::Type paths;
    for (const auto& name : words(found)) {
        auto path = to_path(name, found.folder);
        if (!path || path->empty()) return std::nullopt;
        paths.push_back(*std::move(path));
    }
    return paths;
}

template <class Values, class Write> std::string list_of(const Values& values, Write write) {
    std::string list;
    for (const auto& value : values)
        list += (list.empty() ? "" : ", ") + in_quotes(write(value));
    return "[" + list + "]";
}

} // namespace

bool Found::is_no_list() const {
    return !std::holds_alternative<Word>(value) && !std::holds_alternative<std::vector<std::string>>(value);
}

const std::string* Found::text() const {
    if (const auto* word = std::get_if<Word>(&value)) return &word->text;
    return std::get_if<std::string>(&value);
}

std::string Found::shown() const {
    if (const auto* words = text()) return in_quotes(printable(*words, 80));
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return "the number " + std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) return "the number " + format_real(*real);
    if (const auto* yes = std::get_if<bool>(&value)) return *yes ? "true" : "false";
    if (const auto* other = std::get_if<Other>(&value)) return other->kind;
    return "a list";
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            constexpr char digits[] = "0123456789ABCDEF";
            ((out += "\\u00") += digits[(c >> 4) & 15]) += digits[c & 15];
        } else {
            out += c;
        }
    }
    return out += '"';
}

std::string format_size(std::uint64_t octets) {
    for (const auto& unit : size_units)
        if (octets != 0 && octets % unit.octets == 0)
            return std::to_string(octets / unit.octets).append(unit.name);
    return "0B";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = parse_unsigned(text.substr(0, digits));
    for (const auto& unit : size_units)
        if (count && text.substr(digits) == unit.name &&
            *count <= std::numeric_limits<std::uint64_t>::max() / unit.octets)
            return *count * unit.octets;
    return std::nullopt;
}

std::optional<std::uint64_t> Count::read(const Found& found) const {
    std::optional<std::uint64_t> value;
    if (const auto* word = std::get_if<Found::Word>(&found.value))
        value = parse_unsigned(word->text);
    else if (const auto* integer = std::get_if<std::int64_t>(&found.value); integer && *integer >= 0)
        value = static_cast<std::uint64_t>(*integer);
    return within(value, least, most);
}
std::string Count::range() const {
    return std::to_string(least) + " to " + std::to_string(most);
}
std::string Count::expected() const {
    return "a whole number from " + range();
}

std::string Count::hint(const Found& found) const {
    const auto* text = std::get_if<std::string>(&found.value);
    return text && parse_unsigned(*text) ? "; a number stands without quotes" : "";
}

std::optional<std::uint64_t> Size::read(const Found& found) const {
    const auto* text = found.text();
    return within(text ? parse_size(*text) : std::nullopt, least, most);
}
std::string Size::range() const {
    return format_size(least) + " to " + format_size(most);
}
std::string Size::expected() const {
    return "a size in quotes with its unit (B, KiB, MiB, GiB), from " + range();
}
std::string Size::hint(const Found& found) const {
    if (const auto* integer = std::get_if<std::int64_t>(&found.value); integer && *integer >= 0)
        return "; " + std::to_string(*integer) + " octets are written " +
               in_quotes(format_size(static_cast<std::uint64_t>(*integer)));
    return {};
}

std::optional<Duration> Period::read(const Found& found) const {
    const auto* text = found.text();
    if (!text) return std::nullopt;
    const auto length = parse_duration(*text);
    return within(length ? std::optional(*length) : std::nullopt, least, most);
}
std::string Period::range() const {
    return format_duration(least) + " to " + format_duration(most);
}
std::string Period::expected() const {
    return "a time in quotes with its unit (ms, s, m, h, d), from " + range();
}
std::string Period::hint(const Found& found) const {
    if (const auto* integer = std::get_if<std::int64_t>(&found.value); integer && *integer >= 0)
        return "; " + std::to_string(*integer) + " seconds are written " +
               in_quotes(std::to_string(*integer) + "s");
    return {};
}

std::optional<double> Real::read(const Found& found) const {
    std::optional<double> value;
    if (const auto* word = std::get_if<Found::Word>(&found.value))
        value = parse_real(word->text);
    else if (const auto* real = std::get_if<double>(&found.value))
        value = *real;
    else if (const auto* integer = std::get_if<std::int64_t>(&found.value))
        value = static_cast<double>(*integer);
    return within(value, least, most); // also refuses NaN, which no comparison lets through
}
std::string Real::range() const {
    return format_real(least) + " to " + format_real(most);
}
std::string Real::expected() const {
    return "a number from " + range();
}
std::string Real::literal(double value) const {
    return format_real(value);
}

std::optional<bool> Flag::read(const Found& found) const {
    if (const auto* value = std::get_if<bool>(&found.value)) return *value;
    const auto* word = std::get_if<Found::Word>(&found.value);
    if (!word || (word->text != "true" && word->text != "false")) return std::nullopt;
    return word->text == "true";
}
std::string Flag::hint(const Found& found) const {
    const auto* text = std::get_if<std::string>(&found.value);
    return text && (*text == "true" || *text == "false") ? "; it stands without quotes" : "";
}

std::optional<std::string> Text::read(const Found& found) const {
    const auto* text = found.text();
    if (!text || !fits(*text)) return std::nullopt;
    return *text;
}

std::optional<std::filesystem::path> Path::read(const Found& found) const {
    const auto* text = found.text();
    return text ? to_path(*text, found.folder) : std::nullopt;
}

std::optional<Paths::Type> Paths::read(const Found& found) const {
    return found.is_no_list() ? std::nullopt : paths_in(found);
}
std::optional<Paths::Type> Files::read(const Found& found) const {
    if (found.text() && found.text()->empty()) return Type(); // none
    return found.is_no_list() && !found.text() ? std::nullopt : paths_in(found);
}
std::string Paths::hint(const Found& found) const {
    if (const auto* text = std::get_if<std::string>(&found.value))
        return "; a single path stands in brackets too: [" + in_quotes(printable(*text, 80)) + "]";
    return {};
}
std::string Paths::literal(const Type& value) const {
    return list_of(value, [](const std::filesystem::path& path) { return path.string(); });
}

std::string Files::literal(const Type& value) const {
    if (value.empty()) return in_quotes("");
    return value.size() == 1 ? in_quotes(value.front().string()) : Paths::literal(value);
}

std::optional<Addresses::Type> Addresses::read(const Found& found) const {
    Type addresses;
    if (may_be_none && found.text() && found.text()->empty()) return addresses;
    for (const auto& name : words(found)) {
        const auto parsed = Endpoint::parse(name);
        if (!parsed || parsed->host.empty() || (parsed->port == 0 && !parsed->is_unix())) return std::nullopt;
        addresses.push_back(*parsed);
    }
    if (addresses.empty()) return std::nullopt;
    return addresses;
}
std::string Addresses::literal(const Type& value) const {
    if (value.empty()) return in_quotes("");
    return value.size() == 1 ? in_quotes(value.front().to_string())
                             : list_of(value, [](const Endpoint& at) { return at.to_string(); });
}

std::optional<IpAddresses::Type> IpAddresses::read(const Found& found) const {
    Type addresses;
    if (found.text() && found.text()->empty()) return addresses;
    for (const auto& name : words(found)) {
        const auto parsed = IpAddress::parse(name);
        if (!parsed) return std::nullopt;
        addresses.push_back(*parsed);
    }
    if (addresses.empty() || addresses.size() > 16) return std::nullopt;
    return addresses;
}
std::string IpAddresses::literal(const Type& value) const {
    if (value.empty()) return in_quotes("");
    return value.size() == 1 ? in_quotes(value.front().to_string())
                             : list_of(value, [](const IpAddress& address) { return address.to_string(); });
}

std::optional<NameServers::Type> NameServers::read(const Found& found) const {
    Type servers;
    if (found.text() && found.text()->empty()) return servers;
    for (const auto& name : words(found)) {
        if (IpAddress::parse(name)) {
            servers.emplace_back(name, std::uint16_t{53});
            continue;
        }
        const auto parsed = Endpoint::parse(name);
        if (!parsed || parsed->port == 0 || !IpAddress::parse(parsed->host)) return std::nullopt;
        servers.push_back(*parsed);
    }
    if (servers.empty()) return std::nullopt;
    return servers;
}

std::optional<Words::Type> Words::read(const Found& found) const {
    if (std::holds_alternative<std::string>(found.value) || found.is_no_list()) return std::nullopt;
    Type chosen;
    for (const auto& word : words(found)) {
        if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) return std::nullopt;
        if (std::find(chosen.begin(), chosen.end(), word) != chosen.end()) return std::nullopt;
        chosen.push_back(word);
    }
    if (chosen.empty()) return std::nullopt;
    return chosen;
}
std::string Words::range() const {
    std::string list;
    for (const auto word : allowed)
        list += (list.empty() ? "" : ", ") + in_quotes(word);
    return list;
}
std::string Words::literal(const Type& value) const {
    return list_of(value, [](const std::string& word) { return word; });
}

std::optional<Extensions::Type> Extensions::read(const Found& found) const {
    if (found.is_no_list()) return std::nullopt;
    auto list = words(found);
    const auto is_extension = [](const std::string& word) {
        return !word.empty() && word.size() <= 20 &&
               word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
    };
    if (!std::all_of(list.begin(), list.end(), is_extension)) return std::nullopt;
    return list;
}
std::string Extensions::literal(const Type& value) const {
    return list_of(value, [](const std::string& word) { return word; });
}

std::optional<FindingModes::Type> FindingModes::read(const Found& found) const {
    if (found.is_no_list()) return std::nullopt;
    Type list;
    for (const std::string_view word : words(found)) {
        const auto equals = word.find('='), colon = word.find(':', equals == word.npos ? 0 : equals);
        if (equals == word.npos || equals == 0 || equals > 100) return std::nullopt;
        FindingMode one;
        one.name = word.substr(0, equals);
        const auto mode = word.substr(equals + 1, colon == word.npos ? word.npos : colon - equals - 1);
        if (mode == "enforce") one.mode = Mode::enforce;
        else if (mode == "off") one.mode = Mode::off;
        else if (mode != "warn") return std::nullopt;
        if (colon != word.npos) {
            double score = 0;
            const auto number = word.substr(colon + 1);
            const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), score);
            if (ec != std::errc() || end != number.data() + number.size() || !(score >= 0 && score <= 1000)) return std::nullopt;
            one.score = score;
        }
        list.push_back(std::move(one));
    }
    return list;
}
std::string FindingModes::literal(const Type& value) const {
    return list_of(value, [](const FindingMode& each) {
        std::string word = each.name + (each.mode == Mode::enforce ? "=enforce" : each.mode == Mode::off ? "=off" : "=warn");
        if (!each.score) return word;
        std::array<char, 32> digits; // the shortest spelling of any double has at most 24
        word += ':';
        return word.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *each.score).ptr);
    });
}

std::optional<Units::Type> Units::read(const Found& found) const {
    if (found.is_no_list()) return std::nullopt;
    auto list = words(found);
    // systemd.unit(5). With its ending, so that no name can be taken for a pattern or an option.
    const auto is_unit = [](const std::string& word) {
        return word.size() > 8 && word.size() <= 255 && word.ends_with(".service") && word.front() != '-' &&
               word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@") ==
                   std::string::npos;
    };
    if (!std::all_of(list.begin(), list.end(), is_unit)) return std::nullopt;
    return list;
}
std::string Units::literal(const Type& value) const {
    return list_of(value, [](const std::string& word) { return word; });
}

std::optional<Cidrs::Type> Cidrs::read(const Found& found) const {
    if (found.is_no_list()) return std::nullopt;
    Type networks;
    for (const auto& name : words(found)) {
        const auto parsed = Cidr::parse(name);
        if (!parsed) return std::nullopt;
        networks.push_back(*parsed);
    }
    return networks;
}
std::string Cidrs::hint(const Found& found) const {
    if (const auto* text = std::get_if<std::string>(&found.value); text && Cidr::parse(*text))
        return "; a single network stands in brackets too: [" + in_quotes(printable(*text, 80)) + "]";
    if (found.is_no_list()) return {};
    for (const auto& name : words(found))
        if (const auto parsed = Cidr::parse(name); !parsed) return "; wrong is " + parsed.error().message;
    return {};
}
std::string Cidrs::literal(const Type& value) const {
    return list_of(value, [](const Cidr& network) { return network.to_string(); });
}

std::optional<Peer::Type> Peer::read(const Found& found) const {
    const auto* text = found.text();
    if (!text) return std::nullopt;
    if (text->empty()) return Type();
    const auto parsed = Endpoint::parse(text->starts_with('/') ? "unix:" + *text : *text);
    if (!parsed || (parsed->port == 0 && !parsed->is_unix())) return std::nullopt;
    return Type(*parsed);
}

std::optional<Listening::Type> Listening::read(const Found& found) const {
    const auto* text = found.text();
    if (!text) return std::nullopt;
    if (text->empty()) return Type();
    const auto parsed = Endpoint::parse(*text);
    if (!parsed || (!parsed->is_unix() && !IpAddress::parse(parsed->host))) return std::nullopt;
    return Type(*parsed);
}
std::string Listening::hint(const Found& found) const {
    const auto* text = found.text();
    const auto parsed = text ? Endpoint::parse(*text) : Result<Endpoint>(Error("not text"));
    if (parsed && !IpAddress::parse(parsed->host)) return "; a listener needs an address, not a name";
    return {};
}

} // namespace lazaret::config
