#include "core/ids.hpp"

#include "core/random.hpp"
#include "core/text.hpp"

#include <cstdint>

namespace lazaret {

namespace {

constexpr char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford: no i, l, o, u

bool in_alphabet(char c) {
    return ascii_is_digit(c) || (c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u');
}

// The lowest 5 * count bits of `value`, most significant digit first.
void put(char* out, std::uint64_t value, int count) {
    for (int i = count - 1; i >= 0; --i, value >>= 5)
        out[i] = alphabet[value & 31];
}

} // namespace

TraceId TraceId::make(Time at) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    const std::uint64_t clock = static_cast<std::uint64_t>(ms) & ((std::uint64_t{1} << 48) - 1);
    std::uint64_t random = 0;
    random_bytes(&random, 7);
    random &= (std::uint64_t{1} << 52) - 1;
    // 100 bits in two halves of 50: the clock and the two upper random bits, then the rest.
    TraceId id;
    put(id.text_.data(), clock << 2 | random >> 50, 10);
    put(id.text_.data() + 10, random, 10);
    return id;
}

std::optional<TraceId> TraceId::parse(std::string_view text) {
    if (text.size() != length) return std::nullopt;
    TraceId id;
    for (std::size_t i = 0; i < length; ++i) {
        id.text_[i] = ascii_lower(text[i]);
        if (!in_alphabet(id.text_[i])) return std::nullopt;
    }
    return id;
}

std::string random_token() {
    char bytes[16];
    random_bytes(bytes, sizeof bytes);
    return hex_encode(std::string_view(bytes, sizeof bytes));
}

} // namespace lazaret
