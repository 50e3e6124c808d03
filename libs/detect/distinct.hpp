#pragma once
// How many different ones, in 64 bits that can be told from node to node and added up by OR: adding twice changes nothing.

#include <bit>
#include <cstdint>

namespace lazaret::detect {

/// Linear counting: good to a few per cent up to about 60, saturates at 200.
class FewDistinct {
  public:
    static constexpr int good_to = 48; ///< bits set; beyond, collisions outweigh what is counted

    FewDistinct() = default;
    explicit FewDistinct(std::uint64_t bits) : bits_(bits) {}
    void add(std::uint64_t hash) { bits_ |= bit(hash); }
    void add(const FewDistinct& others) { bits_ |= others.bits_; }
    bool may_have(std::uint64_t hash) const { return (bits_ & bit(hash)) != 0; } ///< also true for one it takes for another
    double count() const { return estimate(bits_); }
    double count_without(std::uint64_t hash) const { return estimate(bits_ & ~bit(hash)); } ///< of all others
    std::uint64_t bits() const { return bits_; }

  private:
    static std::uint64_t bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 58); }
    static double estimate(std::uint64_t bits);
    std::uint64_t bits_ = 0;
};

/// Multiresolution bitmap: eight samples of one in 32, 64, ... with eight bits each. Good to a third from 100 to 20,000;
/// what is below goes by unseen, what is far above counts as a hundred thousand.
class ManyDistinct {
  public:
    ManyDistinct() = default;
    explicit ManyDistinct(std::uint64_t bits) : bits_(bits) {}
    void add(std::uint64_t hash);
    void add(const ManyDistinct& others) { bits_ |= others.bits_; }
    double count() const;
    std::uint64_t bits() const { return bits_; }

  private:
    std::uint64_t bits_ = 0;
};

/// Of few and of many, for one that is to be left out.
double count_without(std::uint64_t hash, const FewDistinct& few, const ManyDistinct& many);

} // namespace lazaret::detect
