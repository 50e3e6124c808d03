#include "mime/punycode.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace lazaret::mime {

namespace {

// RFC 3492 5
constexpr std::uint64_t base = 36, t_min = 1, t_max = 26, skew = 38, damp = 700, initial_bias = 72, initial_n = 0x80;

std::vector<std::uint32_t> characters_of(std::string_view utf8) {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto first = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        std::uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
        for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
            value = value << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
        out.push_back(value);
        i += length;
    }
    return out;
}

std::uint64_t adapted_bias(std::uint64_t delta, std::uint64_t points, bool is_first) { // 6.1
    delta = is_first ? delta / damp : delta / 2;
    delta += delta / points;
    std::uint64_t k = 0;
    for (; delta > (base - t_min) * t_max / 2; k += base)
        delta /= base - t_min;
    return k + (base - t_min + 1) * delta / (delta + skew);
}

void put_integer(std::string& out, std::uint64_t delta, std::uint64_t bias) {
    const auto put = [&](std::uint64_t digit) { out += static_cast<char>(digit < 26 ? 'a' + digit : '0' + (digit - 26)); };
    for (std::uint64_t k = base;; k += base) {
        const auto t = k <= bias ? t_min : std::min(k - bias, t_max);
        if (delta < t) return put(delta);
        put(t + (delta - t) % (base - t));
        delta = (delta - t) / (base - t);
    }
}

} // namespace

std::string punycode(std::string_view utf8) { // 6.3; 64 bits hold what 1024 octets can make of delta
    const auto characters = characters_of(utf8);
    std::string out;
    for (const auto c : characters)
        if (c < initial_n) out += static_cast<char>(c);
    const auto plain = out.size();
    if (plain > 0) out += '-';
    std::uint64_t n = initial_n, delta = 0, bias = initial_bias;
    for (std::uint64_t done = plain; done < characters.size();) {
        std::uint64_t next = std::numeric_limits<std::uint32_t>::max();
        for (const auto c : characters)
            if (c >= n) next = std::min<std::uint64_t>(next, c);
        delta += (next - n) * (done + 1);
        n = next;
        for (const auto c : characters) {
            if (c < n) ++delta;
            if (c != n) continue;
            put_integer(out, delta, bias);
            bias = adapted_bias(delta, done + 1, done == plain);
            delta = 0;
            ++done;
        }
        ++delta;
        ++n;
    }
    return out;
}

} // namespace lazaret::mime
