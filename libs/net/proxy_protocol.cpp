#include "net/proxy_protocol.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace lazaret::net {

namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view v1_word = "PROXY ";
constexpr std::size_t v2_fixed = 16;
/// The shortest header of all: "PROXY UNKNOWN" CR LF.
constexpr std::size_t shortest = 15;
constexpr std::size_t v1_spaces = 5; // between the six words of a line with addresses

unsigned octet(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

unsigned number16(std::string_view text, std::size_t at) {
    return octet(text, at) << 8 | octet(text, at + 1);
}

bool begins_alike(std::string_view seen, std::string_view whole) {
    const auto common = std::min(seen.size(), whole.size());
    return seen.substr(0, common) == whole.substr(0, common);
}

/// Decimal, no sign, no leading zero, 0-65535.
std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto value = parse_unsigned(text);
    if (!value || *value > 65535 || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    return static_cast<std::uint16_t>(*value);
}

bool is_of_family(std::string_view text, bool v4) {
    return IpAddress::parse(text) && (text.find(':') == std::string_view::npos) == v4;
}

} // namespace

std::size_t ProxyHeader::feed(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && state_ == State::need_more) {
        const auto piece = input.substr(taken, wanted());
        seen_.append(piece);
        taken += piece.size();
        look();
    }
    return taken;
}

std::size_t ProxyHeader::wanted() const {
    if (state_ != State::need_more) return 0;
    if (seen_.size() < shortest) return shortest - seen_.size();
    if (octet(seen_, 0) == octet(signature, 0)) {
        if (seen_.size() < v2_fixed) return v2_fixed - seen_.size();
        return v2_fixed + number16(seen_, 14) - seen_.size();
    }
    const auto spaces = static_cast<std::size_t>(std::count(seen_.begin(), seen_.end(), ' '));
    // Each word to come has a space before it and an octet at least; then CR LF.
    const bool with_addresses = seen_.starts_with("PROXY TCP") && spaces <= v1_spaces && seen_.find('\r') == std::string::npos;
    return with_addresses ? 2 * (v1_spaces - spaces) + 2 : 1;
}

void ProxyHeader::look() {
    if (begins_alike(seen_, v1_word)) return look_v1();
    if (begins_alike(seen_, signature)) return look_v2();
    end(false);
}

void ProxyHeader::look_v1() {
    const auto line_end = seen_.find('\n');
    if (line_end == std::string::npos) {
        if (seen_.size() >= longest_v1) end(false);
        return;
    }
    const std::string_view line(seen_.data(), line_end);
    end(line_end + 1 == seen_.size() && seen_.size() <= longest_v1 && line.ends_with('\r') &&
        parse_line(line.substr(0, line.size() - 1)));
}

bool ProxyHeader::parse_line(std::string_view line) {
    const auto words = split(line, ' ');
    // "PROXY UNKNOWN" may be followed by anything.
    if (words.size() >= 2 && words[1] == "UNKNOWN") return line.find('\r') == std::string_view::npos;
    if (words.size() != v1_spaces + 1 || (words[1] != "TCP4" && words[1] != "TCP6")) return false;
    const bool v4 = words[1] == "TCP4";
    const auto from = parse_port(words[4]);
    if (!is_of_family(words[2], v4) || !is_of_family(words[3], v4) || !from || !parse_port(words[5])) return false;
    source_.emplace();
    source_->address = *IpAddress::parse(words[2]);
    source_->port = *from;
    return true;
}

void ProxyHeader::look_v2() {
    if (seen_.size() < v2_fixed) return;
    const auto length = number16(seen_, 14);
    if (octet(seen_, 12) >> 4 != 2 || length > longest_v2) return end(false);
    if (seen_.size() == v2_fixed + length) end(parse_block(std::string_view(seen_).substr(v2_fixed)));
}

bool ProxyHeader::parse_block(std::string_view block) {
    const auto command = octet(seen_, 12) & 0x0FU;
    if (command == 0) return true; // LOCAL: whatever stands in it is to be ignored
    if (command != 1) return false;
    constexpr unsigned tcp_over_v4 = 0x11, tcp_over_v6 = 0x21;
    const auto family = octet(seen_, 13);
    if (family != tcp_over_v4 && family != tcp_over_v6) return true; // no address of a client that we could use
    const std::size_t width = family == tcp_over_v4 ? 4 : 16;
    if (block.size() < 2 * width + 4) return false;
    source_.emplace();
    if (family == tcp_over_v4) {
        source_->address = IpAddress::from_v4(number16(block, 0) << 16 | number16(block, 2));
    } else {
        std::array<std::uint8_t, 16> bytes;
        std::memcpy(bytes.data(), block.data(), bytes.size());
        source_->address = IpAddress::from_v6(bytes); // one that maps v4 becomes v4
    }
    source_->port = static_cast<std::uint16_t>(number16(block, 2 * width));
    return true; // TLVs behind the addresses are skipped
}

} // namespace lazaret::net
