#include "config/dns_lists.hpp"

#include "config/words.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace lazaret::config {
namespace {

/// Part of metrics, log lines and findings.
bool is_list_name(std::string_view text) {
    return !text.empty() && text.size() <= 32 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

/// Room for an IPv6 address in front of it, in nibbles (RFC 5782 2.4).
constexpr std::size_t longest_zone = 180;

bool is_zone(std::string_view text) {
    if (text.size() > longest_zone || text.find('.') == std::string_view::npos) return false;
    const auto labels = split(text, '.');
    return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
        return !label.empty() && label.size() <= 63 &&
               ascii_lowercase(label).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
    });
}

/// The zone of a commercial list holds its customer's key: a message that shows what was found would give it away.
TableKey<DnsList> zone_key() {
    const Text zone{is_zone, "a domain name such as \"dbl.example.net\", without a dot at its end, of at most 180 octets"};
    auto key = table_key("zone", &DnsList::zone, zone, "\"dbl.example.net\"",
                         "Domain in which it is asked. It may hold a key of yours: it is never logged or shown.");
    key.read = [zone](DnsList& list, const Found& found) -> std::optional<std::string> {
        auto value = zone.read(found);
        if (!value) return "expected " + zone.expected() + "; what was found is not shown, since it may hold a key";
        list.zone = *std::move(value);
        return std::nullopt;
    };
    return key;
}

/// RFC 5782 2.3.
struct Answers : Cidrs {
    std::optional<Type> read(const Found& found) const {
        static const Cidr loopback = Cidr::parse("127.0.0.0/8").value();
        auto blocks = Cidrs::read(found);
        if (!blocks) return std::nullopt;
        const bool fit = std::all_of(blocks->begin(), blocks->end(), [](const Cidr& block) {
            return loopback.contains(block.base()) && block.prefix() >= loopback.prefix();
        });
        return fit ? blocks : std::nullopt;
    }
    std::string range() const { return "within 127.0.0.0/8"; }
    std::string expected() const { return "a list of networks within 127.0.0.0/8 such as [\"127.0.0.2\", \"127.0.0.4/30\"]"; }
};

Table<DnsList> declare() {
    using L = DnsList;
    const Text name_text{is_list_name, "1 to 32 lower-case letters, digits, hyphens or underscores"};
    const Choice<DnsList::Of> of_words{{{"domains", L::Of::domains}, {"addresses", L::Of::addresses}}};
    Table<L> table;
    table.name = "dns_list";
    table.sentence = "A DNS list (RFC 5782) of domains or of addresses, one table each, at most 16. What a message links to, and the "
                     "client that sends it, are looked up while other scanners look at it; name, zone and of have to be set.";
    const auto add = [&](auto&&... parts) { table.keys.push_back(table_key<L>(std::forward<decltype(parts)>(parts)...)); };
    add("name", &L::name, name_text, "\"dbl\"", "What metrics, log and findings call it: dns.NAME.SUBJECT.");
    table.keys.push_back(zone_key());
    add("of", &L::of, of_words, "\"domains\"",
        "\"domains\": it is asked about the domains that links lead to. \"addresses\": about the client's address and addresses in links.");
    add("counts", &L::counts, Answers{}, "[\"127.0.1.0/24\"]",
        "Answers that count as listed; all but those by which lists refuse to answer, where it is not set.");
    add("mode", &L::mode, mode_words, "\"warn\"", "Mode of its findings; warn, where it is not set.");
    add("score", &L::score, Real{0, 1000}, "5.0", "Score of a message that it has something of; 5.0, where it is not set.");
    return table;
}

} // namespace

const Table<DnsList>& dns_lists() {
    static const Table<DnsList> table = declare();
    return table;
}

std::string dns_list_problem(const std::vector<DnsList>& lists, std::size_t number) {
    const auto& list = lists[number];
    for (const auto& [key, is_set] : {std::pair{"name", !list.name.empty()}, std::pair{"zone", !list.zone.empty()}, std::pair{"of", list.of.has_value()}})
        if (!is_set) return "needs " + std::string(key) + ", which is not set";
    if (number >= most_dns_lists) return "is one of more than " + std::to_string(most_dns_lists) + "; each is asked about every message";
    const auto before = lists.begin() + static_cast<std::ptrdiff_t>(number);
    if (std::any_of(lists.begin(), before, [&](const DnsList& each) { return each.name == list.name; }))
        return "found the name " + in_quotes(list.name) + ", which a list before it has; expected another";
    return {};
}

} // namespace lazaret::config
