#include "cli/terminal.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lazaret::cli {

namespace {

/// Octets of the character that begins with `first`, as UTF-8 has it.
std::size_t length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xE0) return 2;
    return first < 0xF0 ? 3 : 4;
}

std::uint32_t code_point(std::string_view character) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i])); };
    switch (character.size()) {
    case 1: return at(0);
    case 2: return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
    case 3: return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
    default: return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
    }
}

bool is_plain(std::uint32_t c) {
    const auto in = [c](std::uint32_t from, std::uint32_t to) { return c >= from && c <= to; };
    const bool hidden = c < 0x20 || in(0x7F, 0x9F) || c == 0xAD || c == 0x061C || in(0x200B, 0x200F) || in(0x2028, 0x202E) ||
                        in(0x2060, 0x206F) || c == 0xFEFF || in(0xFFF9, 0xFFFB) || c >= 0xE0000;
    return !hidden;
}

} // namespace

std::string for_terminal(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto character = text.substr(0, std::min(length_of(static_cast<unsigned char>(text[0])), text.size()));
        if (is_valid_utf8(character) && is_plain(code_point(character))) {
            out += character;
            text.remove_prefix(character.size());
        } else {
            out += "\\x" + hex_encode(text.substr(0, 1));
            text.remove_prefix(1);
        }
    }
    return out;
}

} // namespace lazaret::cli
