#include "message/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lazaret::message {

namespace {

constexpr std::size_t most_octets = 32 * 1024, longest_word = 30;
constexpr unsigned fewest_words = 10, most_words = 600;

std::uint64_t mix(std::uint64_t value) { // the finalizer of MurmurHash3
    value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
    return value ^ value >> 33;
}

/// Counts, for each of 64 places, how many hashes have the bit: eight counters of an octet share a word, and
/// are emptied into wide ones before they overflow.
class Votes {
  public:
    void add(std::uint64_t hash) {
        for (std::size_t i = 0; i < 8; ++i)
            small_[i] += spread()[hash >> 8 * i & 0xFF];
        if (++held_ == 255) empty();
        ++total_;
    }
    std::uint64_t majority() {
        empty();
        std::uint64_t out = 0;
        for (std::size_t bit = 0; bit < 64; ++bit)
            if (2 * counts_[bit] > total_) out |= 1ull << bit;
        return out;
    }

  private:
    static const std::array<std::uint64_t, 256>& spread() { // each bit of an octet in an octet of its own
        static const auto table = [] {
            std::array<std::uint64_t, 256> made{};
            for (std::size_t octet = 0; octet < 256; ++octet)
                for (std::size_t bit = 0; bit < 8; ++bit)
                    made[octet] |= static_cast<std::uint64_t>(octet >> bit & 1) << 8 * bit;
            return made;
        }();
        return table;
    }
    void empty() {
        for (std::size_t bit = 0; bit < 64; ++bit)
            counts_[bit] += small_[bit / 8] >> 8 * (bit % 8) & 0xFF;
        small_.fill(0);
        held_ = 0;
    }
    std::array<std::uint64_t, 8> small_{};
    std::array<std::uint32_t, 64> counts_{};
    unsigned held_ = 0;
    std::uint32_t total_ = 0;
};

} // namespace

std::uint64_t fingerprint(std::string_view body) {
    body = body.substr(0, most_octets);
    Votes votes;
    std::uint64_t word = 0, before = 0;
    std::size_t length = 0;
    unsigned words = 0;
    bool spoilt = false, markup = false;
    const auto end_word = [&] {
        if (length >= 2 && length <= longest_word && !spoilt) {
            word = mix(word);
            votes.add(mix(before + 0x9e3779b97f4a7c15 * word));
            before = word;
            ++words;
        }
        word = length = 0;
        spoilt = false;
    };
    for (std::size_t at = 0; at < body.size() && words < most_words; ++at) {
        const auto c = static_cast<unsigned char>(body[at]);
        const auto lower = static_cast<unsigned char>(c | 0x20);
        if (markup) {
            markup = c != '>' && c != '\n';
        } else if ((lower >= 'a' && lower <= 'z') || c >= 0x80) {
            word = word * 0x100000001b3 + (c >= 0x80 ? c : lower);
            ++length;
        } else if ((c >= '0' && c <= '9') || c == '=' || c == '+' || c == '/' || c == '_' || c == '@' ||
                   c == ':') {
            spoilt = true; // a number, an encoding, a link: what variants differ in
            ++length;
        } else {
            end_word();
            markup = c == '<';
        }
    }
    end_word();
    return words < fewest_words ? 0 : std::max<std::uint64_t>(votes.majority(), 1);
}

} // namespace lazaret::message
