#include "detect/campaigns.hpp"

#include "detect/text_slots.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace lazaret::detect {
namespace {

constexpr std::size_t nowhere = SIZE_MAX;
constexpr int longest_search = 16; // steps of the hand over campaigns worth keeping

} // namespace

double FewDistinct::estimate(std::uint64_t bits) {
    const int ones = std::min(std::popcount(bits), 62);
    return -64 * std::log1p(-ones / 64.0);
}
double FewDistinct::count() const {
    return estimate(bits());
}
double FewDistinct::count_without(std::uint64_t hash) const {
    return estimate(bits() & ~bit(hash));
}

std::uint64_t mixed(std::uint64_t hash) {
    hash ^= hash >> 33; // the finalizer of MurmurHash3, public domain mathematics
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    return hash ^ hash >> 33;
}

std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL; // FNV-1a
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return mixed(hash);
}

Campaigns::Campaigns(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)), index_(bands * buckets * depth),
      next_(bands * buckets) {}

void Campaigns::note(bool is_caught) {
    scanned_.add(is_caught, 1);
    if (scanned_.trials > 20'000) scanned_.forget(0.5);
}

std::size_t Campaigns::bucket(std::uint64_t fingerprint, std::size_t band) {
    constexpr std::array<unsigned, bands + 1> begins{0, 11, 22, 33, 44, 54, 64};
    const unsigned width = begins[band + 1] - begins[band];
    return band * buckets + (fingerprint >> begins[band] & ((1u << width) - 1));
}

std::size_t Campaigns::search(std::uint64_t fingerprint) const {
    for (std::size_t band = 0; band < bands; ++band) {
        const std::size_t at = bucket(fingerprint, band) * depth;
        for (std::size_t i = at; i < at + depth; ++i)
            if (const auto place = index_[i];
                place != 0 && are_similar(entries_[place - 1].fingerprint, fingerprint))
                return place - 1;
    }
    return nowhere;
}

Campaign* Campaigns::find(std::uint64_t fingerprint) {
    const auto place = fingerprint == 0 ? nowhere : search(fingerprint);
    return place == nowhere ? nullptr : &entries_[place];
}
const Campaign* Campaigns::find(std::uint64_t fingerprint) const {
    const auto place = fingerprint == 0 ? nowhere : search(fingerprint);
    return place == nowhere ? nullptr : &entries_[place];
}

std::size_t Campaigns::victim(Time at) {
    if (entries_.size() < capacity_) {
        entries_.emplace_back();
        return entries_.size() - 1;
    }
    for (int i = 0; i < longest_search; ++i) {
        const Campaign& one = entries_[hand_];
        if (std::popcount(one.senders.bits()) < 2 || at - one.last > 2 * period) break;
        hand_ = (hand_ + 1) % capacity_;
    }
    const auto place = hand_;
    hand_ = (hand_ + 1) % capacity_;
    return place;
}

Campaign* Campaigns::meet(std::uint64_t fingerprint, Time at) {
    if (fingerprint == 0) return nullptr;
    const auto found = search(fingerprint);
    if (found != nowhere) {
        Campaign& one = entries_[found];
        if (at - one.last > period) {
            const auto same = one.fingerprint;
            one = Campaign();
            one.fingerprint = same;
            one.period = at;
        } else if (at - one.period > period) {
            for (FewDistinct* who : {&one.senders, &one.spreaders, &one.convicted})
                who->end_period();
            one.failed.forget(0.5);
            one.period = at;
        }
        one.last = std::max(one.last, at);
        return &one;
    }
    const auto place = victim(at);
    Campaign& one = entries_[place];
    one = Campaign();
    one.fingerprint = fingerprint;
    one.period = one.last = at;
    for (std::size_t band = 0; band < bands; ++band) {
        const std::size_t in = bucket(fingerprint, band);
        index_[in * depth + next_[in]] = static_cast<std::uint32_t>(place + 1);
        next_[in] = static_cast<std::uint8_t>((next_[in] + 1) % depth);
    }
    return &one;
}

} // namespace lazaret::detect
