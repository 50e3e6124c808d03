// What lists are asked, and what their answers mean. Pure.

#include "dns/lists.hpp"

#include "core/text.hpp"
#include "dns/resolver.hpp"

#include <algorithm>
#include <iterator>

namespace lazaret::dns {

namespace {

std::string joined(std::string_view entry, const List& list) {
    if (entry.empty() || entry.size() + 1 + list.zone.size() > longest_name) return {};
    return std::string(entry) + '.' + list.zone;
}

/// RFC 5782 2.1: octets backwards; 2.4: nibbles backwards.
std::string reversed(const IpAddress& address) {
    const auto& bytes = address.bytes();
    std::string out;
    if (address.is_v4()) {
        for (int i = 15; i >= 12; --i)
            out += std::to_string(bytes[static_cast<std::size_t>(i)]) + (i > 12 ? "." : "");
        return out;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
        out += digits[*byte & 15];
        out += '.';
        out += digits[*byte >> 4];
        if (std::next(byte) != bytes.rend()) out += '.';
    }
    return out;
}

bool is_within(const IpAddress& address, const char* block) {
    return Cidr::parse(block)->contains(address);
}

bool speaks_of_the_question(const IpAddress& answer) {
    return !is_within(answer, "127.0.0.0/8") || is_within(answer, "127.0.0.0/31") || is_within(answer, "127.0.1.255") ||
           is_within(answer, "127.255.255.0/24");
}

} // namespace

std::string question(const List& list, const IpAddress& address) {
    return joined(reversed(address), list);
}

std::string question(const List& list, std::string_view domain) {
    return joined(ascii_lowercase(domain), list);
}

std::string control_question(const List& list) {
    return joined(list.of == List::Of::addresses ? "1.0.0.127" : "invalid", list);
}

std::string_view to_string(Listing listing) {
    switch (listing) {
    case Listing::listed: return "listed";
    case Listing::not_listed: return "not_listed";
    case Listing::refused: return "refused";
    case Listing::away: return "away";
    }
    return "";
}

Listing judge(const List& list, const Answer& answer) {
    if (answer.state == Answer::State::failed) return Listing::away;
    if (answer.state == Answer::State::none) return Listing::not_listed;
    const auto& all = answer.addresses;
    if (std::any_of(all.begin(), all.end(), speaks_of_the_question)) return Listing::refused;
    if (list.counts.empty()) return Listing::listed;
    for (const auto& each : all)
        for (const auto& block : list.counts)
            if (block.contains(each)) return Listing::listed;
    return Listing::not_listed;
}

} // namespace lazaret::dns
