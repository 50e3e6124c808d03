#include "detect/campaigns.hpp"

#include "detect/text_slots.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

namespace lazaret::detect {
namespace {

constexpr std::size_t nowhere = SIZE_MAX;
constexpr int longest_search = 16; // steps of the hand over campaigns worth keeping

std::int32_t day_of(Time at) {
    return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(at.time_since_epoch()).count());
}

} // namespace

double FewDistinct::estimate(std::uint64_t bits) {
    const int ones = std::min(std::popcount(bits), 62);
    return -64 * std::log1p(-ones / 64.0);
}

FewDistinct Campaign::both(FewDistinct CampaignDay::* what) const {
    FewDistinct sum = today_.*what;
    sum.add(before_.*what);
    return sum;
}

Share Campaign::failed() const {
    Share sum = before_.failed;
    sum.forget(0.5);
    sum.add(today_.failed.hits, today_.failed.trials);
    return sum;
}

void Campaign::come_to(std::int32_t day) {
    if (day <= today_.day) return; // also what is late: it counts as of now
    const auto text = fingerprint();
    const bool is_next = day == today_.day + 1;
    before_ = is_next ? today_ : CampaignDay();
    of_before_ = is_next ? of_today_ : Told();
    before_.fingerprint = text;
    before_.day = day - 1;
    today_ = CampaignDay();
    today_.fingerprint = text;
    today_.day = day;
    of_today_ = Told();
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

void Campaigns::note(bool is_caught, Time at) {
    scanned_.come_to(day_of(at));
    scanned_.today_.failed.add(is_caught, 1);
    scanned_.of_today_.is_changed = true;
}

bool Campaigns::is_scanned() const {
    const Share seen = scanned_.failed();
    return seen.hits >= 1 && seen.hits > 0.0005f * seen.trials;
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
                place != 0 && are_similar(entries_[place - 1].fingerprint(), fingerprint))
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

std::size_t Campaigns::victim(std::int32_t day) {
    if (entries_.size() < capacity_) {
        entries_.emplace_back();
        return entries_.size() - 1;
    }
    for (int i = 0; i < longest_search; ++i) {
        const Campaign& one = entries_[hand_];
        if (std::popcount(one.senders().bits()) < 2 || day > one.today_.day + 1) break;
        hand_ = (hand_ + 1) % capacity_;
    }
    const auto place = hand_;
    hand_ = (hand_ + 1) % capacity_;
    return place;
}

Campaign& Campaigns::begin(std::uint64_t fingerprint, std::int32_t day) {
    const auto place = victim(day);
    Campaign& one = entries_[place];
    one = Campaign();
    one.today_.fingerprint = one.before_.fingerprint = fingerprint;
    one.today_.day = day;
    one.before_.day = day - 1;
    for (std::size_t band = 0; band < bands; ++band) {
        const std::size_t in = bucket(fingerprint, band);
        index_[in * depth + next_[in]] = static_cast<std::uint32_t>(place + 1);
        next_[in] = static_cast<std::uint8_t>((next_[in] + 1) % depth);
    }
    return one;
}

Campaign* Campaigns::meet(std::uint64_t fingerprint, Time at) {
    if (fingerprint == 0) return nullptr;
    const auto found = search(fingerprint);
    if (found == nowhere) return &begin(fingerprint, day_of(at));
    entries_[found].come_to(day_of(at));
    return &entries_[found];
}

void Campaigns::touch(Campaign& campaign) {
    if (std::exchange(campaign.of_today_.is_changed, true)) return;
    changed_.insert(static_cast<std::uint32_t>(&campaign - entries_.data()));
}

void Campaigns::add(Campaign& campaign, FewDistinct& set, std::uint64_t who) {
    const auto before = set.bits();
    set.add(who);
    if (set.bits() != before) touch(campaign);
}

void Campaigns::add_results(Campaign& campaign, double nonexistent, double results) {
    campaign.today_.failed.add(nonexistent, results);
    touch(campaign);
}

void Campaign::tell(CampaignDay& what, Told& told, std::vector<CampaignDay>& out) {
    if (!std::exchange(told.is_changed, false)) return;
    CampaignDay day = what;
    day.failed = Share(what.failed.hits - told.failed.hits, what.failed.trials - told.failed.trials);
    told.failed = what.failed;
    out.push_back(day);
}

std::vector<CampaignDay> Campaigns::take_changes() {
    std::vector<CampaignDay> out;
    const auto take = [&out](Campaign& one) {
        Campaign::tell(one.before_, one.of_before_, out);
        Campaign::tell(one.today_, one.of_today_, out);
    };
    for (const auto place : changed_) {
        Campaign& one = entries_[place];
        if (one.spreaders().bits() != 0)
            take(one);
        else
            one.of_before_.is_changed = one.of_today_.is_changed = false;
    }
    changed_.clear();
    take(scanned_);
    return out;
}

void Campaigns::learn(const CampaignDay& total) {
    Campaign* one = &scanned_;
    if (total.fingerprint != 0) {
        const auto found = search(total.fingerprint);
        one = found == nowhere ? &begin(total.fingerprint, total.day) : &entries_[found];
    }
    one->come_to(total.day);
    if (total.day < one->today_.day - 1) return;
    CampaignDay& known = total.day == one->today_.day ? one->today_ : one->before_;
    known.senders.add(total.senders);
    known.spreaders.add(total.spreaders);
    known.convicted.add(total.convicted);
    // Two engines may have begun one campaign under two names: the larger count is the better one.
    if (total.failed.trials >= known.failed.trials) {
        known.failed = total.failed;
        (&known == &one->today_ ? one->of_today_ : one->of_before_).failed = total.failed;
    }
}

} // namespace lazaret::detect
