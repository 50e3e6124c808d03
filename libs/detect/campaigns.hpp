#pragma once
// What is known of a text across subscribers: a campaign sent in small doses by many shows in no single one of them.
// Bounded, a value (the engine copies it to undo a batch), found again by similarity in constant time.

#include "core/time.hpp"
#include "detect/share.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lazaret::detect {

/// Number of distinct things in this period and the one before, by linear counting in 64 bits: good to a few per cent up to about 60, saturates at 200.
class FewDistinct {
  public:
    void add(std::uint64_t hash) { bits_ |= bit(hash); }
    double count() const;
    double count_without(std::uint64_t hash) const; ///< of all others
    std::uint64_t bits() const { return bits_ | before_; }
    void end_period() {
        before_ = bits_;
        bits_ = 0;
    }

  private:
    static std::uint64_t bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 58); }
    static double estimate(std::uint64_t bits);
    std::uint64_t bits_ = 0, before_ = 0;
};

struct Campaign {
    std::uint64_t fingerprint = 0; ///< of its first message
    Time period{}, last{};         ///< begin of the present period, newest message
    FewDistinct senders;   ///< subscribers that sent it
    FewDistinct spreaders; ///< of them, those that sent it to several strangers and beyond their habit
    FewDistinct convicted; ///< of them, those convicted on evidence of their own
    Share failed;          ///< recipients that do not exist, of those with a result
};

/// Spreads the bits of a name or of a weak hash.
std::uint64_t mixed(std::uint64_t hash);
std::uint64_t hash_of(std::string_view name);

class Campaigns {
  public:
    static constexpr Duration period = std::chrono::hours(24); ///< what is older than two is forgotten

    explicit Campaigns(std::size_t capacity = 16'384);

    /// A scanner that never catches anything is none: its silence acquits nobody.
    void note(bool is_caught);
    bool is_scanned() const { return scanned_.hits >= 1 && scanned_.hits > 0.0005f * scanned_.trials; }

    /// The campaign of this text, begun if there is none; valid until the next call. nullptr for 0.
    Campaign* meet(std::uint64_t fingerprint, Time at);
    /// nullptr when it is not remembered.
    Campaign* find(std::uint64_t fingerprint);
    const Campaign* find(std::uint64_t fingerprint) const;

  private:
    // Texts that differ in up to 8 bits agree in one of 6 bands nearly always, since those bits seldom hit all six.
    static constexpr std::size_t bands = 6, buckets = 2048, depth = 16;
    static std::size_t bucket(std::uint64_t fingerprint, std::size_t band);
    std::size_t victim(Time at);
    std::size_t search(std::uint64_t fingerprint) const;

    Share scanned_; // messages, of all subscribers
    std::size_t capacity_, hand_ = 0;
    std::vector<Campaign> entries_;
    std::vector<std::uint32_t> index_;   // bands x buckets x depth, 1 + place in entries_
    std::vector<std::uint8_t> next_;     // bands x buckets: which of depth is overwritten next
};

} // namespace lazaret::detect
