#include "message/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace lazaret::message {

namespace {

constexpr std::size_t most_octets = 32 * 1024, longest_word = 30;
constexpr unsigned fewest_words = 10, most_words = 600;

/// Counts, for each of 64 places, how many hashes have the bit. The counters stand upright: plane k holds bit k of all
/// 64, so that one AND or XOR works on all of them.
class Votes {
  public:
    void add(std::uint64_t hash) {
        waiting_[held_++] = hash;
        ++total_;
        if (held_ < waiting_.size()) return;
        held_ = 0;
        const auto& w = waiting_;
        const auto twos = carry(0, w[0], w[1]), more_twos = carry(0, w[2], w[3]);
        const auto fours = carry(1, twos, more_twos);
        const auto last_twos = carry(0, w[4], w[5]), very_last_twos = carry(0, w[6], w[7]);
        const auto more_fours = carry(1, last_twos, very_last_twos);
        increment(carry(2, fours, more_fours), 3);
    }
    /// Bits that more than half of the hashes have.
    std::uint64_t majority() {
        for (unsigned i = 0; i < held_; ++i)
            increment(waiting_[i], 0);
        held_ = 0;
        std::uint64_t greater = 0, equal = ~std::uint64_t(0);
        for (auto k = planes_.size(); k-- > 0;) {
            if ((total_ / 2 >> k & 1) == 0) greater |= equal & planes_[k];
            equal &= (total_ / 2 >> k & 1) == 0 ? ~planes_[k] : planes_[k];
        }
        return greater;
    }

  private:
    /// Two more bits for each place of plane k; what does not fit there belongs to plane k + 1.
    std::uint64_t carry(std::size_t k, std::uint64_t a, std::uint64_t b) {
        const auto differ = a ^ b, before = planes_[k];
        planes_[k] = before ^ differ;
        return (a & b) | (before & differ);
    }
    void increment(std::uint64_t bits, std::size_t k) {
        for (; bits != 0 && k < planes_.size(); ++k)
            bits &= std::exchange(planes_[k], planes_[k] ^ bits);
    }
    static_assert(most_words < 1024);
    std::array<std::uint64_t, 10> planes_{};
    std::array<std::uint64_t, 8> waiting_{};
    unsigned held_ = 0, total_ = 0;
};

constexpr std::uint64_t in_each_octet(std::uint64_t value) { return value * 0x0101010101010101; }

/// Up to eight octets as a number, the first lowest; zeros at the end of the text.
std::uint64_t load(std::string_view text) {
    std::uint64_t out = 0;
    if (text.size() >= sizeof out) std::memcpy(&out, text.data(), sizeof out);
    else std::memcpy(&out, text.data(), text.size());
    if constexpr (std::endian::native == std::endian::big) out = __builtin_bswap64(out);
    return out;
}

/// How many of eight octets in lower case are letters, up to the first that is none. Octets above 127 are letters of
/// some script.
std::size_t count_letters(std::uint64_t lower) {
    const auto low_bits = lower & in_each_octet(0x7f);
    const auto from_a = low_bits + in_each_octet(0x80 - 'a'), beyond_z = low_bits + in_each_octet(0x7f - 'z');
    const auto others = ~((from_a & ~beyond_z) | lower) & in_each_octet(0x80);
    return static_cast<std::size_t>(std::countr_zero(others)) / 8;
}

/// In a number, an encoding or a link: what variants of one text differ in.
constexpr auto spoils_word = [] {
    std::array<bool, 256> out{};
    for (const unsigned char c : std::string_view("0123456789=+/_@:"))
        out[c] = true;
    return out;
}();

std::uint64_t mix(std::uint64_t value) { // the finalizer of MurmurHash3
    value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
    return value ^ value >> 33;
}

} // namespace

std::uint64_t fingerprint(std::string_view body) {
    body = body.substr(0, most_octets);
    Votes votes;
    std::uint64_t word = 0, before = 0;
    std::size_t length = 0;
    unsigned words = 0;
    bool spoilt = false;
    for (bool more = true; more && words < most_words;) {
        const auto lower = load(body) | in_each_octet(0x20);
        const auto letters = count_letters(lower);
        if (letters > 0) {
            const auto these = letters == 8 ? lower : lower & ((std::uint64_t(1) << 8 * letters) - 1);
            word = (std::rotl(word, 23) ^ these) * 0x9e3779b97f4a7c15;
            length += letters;
            body.remove_prefix(letters);
            if (letters == 8) continue; // the word may go on
        }
        more = !body.empty();
        const auto c = static_cast<unsigned char>(more ? body.front() : ' ');
        body.remove_prefix(more);
        if (spoils_word[c]) {
            spoilt = true;
            ++length;
            continue;
        }
        if (length >= 2 && length <= longest_word && !spoilt) {
            votes.add(mix(std::rotl(before, 29) + word));
            before = word;
            ++words;
        }
        word = length = 0;
        spoilt = false;
        if (c == '<') body.remove_prefix(std::min(body.find_first_of(">\n"), body.size()));
    }
    return words < fewest_words ? 0 : std::max<std::uint64_t>(votes.majority(), 1);
}

} // namespace lazaret::message
