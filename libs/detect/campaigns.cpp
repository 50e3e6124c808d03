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
constexpr std::uint64_t everybody_key = 1;
constexpr int longest_search = 16; // steps of the hand over campaigns worth keeping

std::int32_t day_of(Time at) {
    return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(at.time_since_epoch()).count());
}

} // namespace

std::uint64_t campaign_key(CampaignKind kind, std::uint64_t hash) {
    return mixed(hash ^ static_cast<std::uint64_t>(kind) << 56) | 2; // neither 0 nor 1
}

double Campaign::senders_without(std::uint64_t who) const {
    return count_without(who, senders(), both(&CampaignDay::many_senders));
}
double Campaign::spreaders_without(std::uint64_t who) const {
    return count_without(who, spreaders(), both(&CampaignDay::many_spreaders));
}

Share Campaign::failed() const {
    Share sum = before_.failed;
    sum.forget(0.5);
    sum.add(today_.failed.hits, today_.failed.trials);
    return sum;
}

void Campaign::begin(std::uint64_t fingerprint, CampaignKind kind, std::int32_t day) {
    *this = Campaign();
    for (CampaignDay* each : {&before_, &today_}) {
        each->fingerprint = fingerprint;
        each->kind = kind;
    }
    today_.day = day;
    before_.day = day - 1;
}

void Campaign::come_to(std::int32_t day) {
    if (day <= today_.day) return; // also what is late: it counts as of now
    const bool is_next = day == today_.day + 1;
    const CampaignDay before = today_;
    const Told told = of_today_;
    begin(before.fingerprint, before.kind, day);
    if (!is_next) return;
    before_ = before;
    of_before_ = told;
}

Campaigns::Campaigns(std::size_t texts, std::size_t names) : index_(bands * buckets * depth), places_(bands * buckets * depth), next_(bands * buckets) {
    texts_.capacity = std::max<std::size_t>(texts, 1);
    names_.capacity = std::max<std::size_t>(names, 1);
    everybody_.begin(everybody_key, CampaignKind::host, 0);
}

void Campaigns::note(bool is_caught, Time at) {
    scanned_.come_to(day_of(at));
    scanned_.today_.failed.add(is_caught, 1);
    scanned_.of_today_.is_changed = true;
}

bool Campaigns::is_scanned() const {
    const Share seen = scanned_.failed();
    return seen.hits >= 1 && seen.hits > 0.0005f * seen.trials;
}

void Campaigns::count_everybody(double spreaders, double senders, Time at) {
    everybody_.come_to(day_of(at));
    everybody_.today_.failed.add(spreaders, senders);
    everybody_.of_today_.is_changed = true;
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
            if (are_similar(index_[i], fingerprint) && index_[i] != 0 && texts_.entries[places_[i]].fingerprint() == index_[i])
                return places_[i];
    }
    return nowhere;
}

Campaign* Campaigns::find(std::uint64_t fingerprint) {
    const auto place = fingerprint == 0 ? nowhere : search(fingerprint);
    return place == nowhere ? nullptr : &texts_.entries[place];
}
const Campaign* Campaigns::find(std::uint64_t fingerprint) const {
    const auto place = fingerprint == 0 ? nowhere : search(fingerprint);
    return place == nowhere ? nullptr : &texts_.entries[place];
}

std::size_t Campaigns::Table::victim(std::int32_t day) {
    if (entries.size() < capacity) {
        entries.emplace_back();
        return entries.size() - 1;
    }
    for (int i = 0; i < longest_search; ++i) {
        const Campaign& one = entries[hand];
        if (std::popcount(one.senders().bits()) < 2 || day > one.today_.day + 1) break;
        hand = (hand + 1) % capacity;
    }
    const auto place = hand;
    hand = (hand + 1) % capacity;
    return place;
}

Campaign& Campaigns::begin_text(std::uint64_t fingerprint, std::int32_t day) {
    const auto place = texts_.victim(day);
    texts_.entries[place].begin(fingerprint, CampaignKind::text, day);
    for (std::size_t band = 0; band < bands; ++band) {
        const std::size_t in = bucket(fingerprint, band);
        index_[in * depth + next_[in]] = fingerprint;
        places_[in * depth + next_[in]] = static_cast<std::uint32_t>(place);
        next_[in] = static_cast<std::uint8_t>((next_[in] + 1) % depth);
    }
    return texts_.entries[place];
}

Campaign* Campaigns::meet(std::uint64_t fingerprint, Time at) {
    if (fingerprint == 0) return nullptr;
    const auto found = search(fingerprint);
    if (found == nowhere) return &begin_text(fingerprint, day_of(at));
    texts_.entries[found].come_to(day_of(at));
    return &texts_.entries[found];
}

Campaign& Campaigns::begin_name(CampaignKind kind, std::uint64_t key, std::int32_t day) {
    const auto place = names_.victim(day);
    Campaign& one = names_.entries[place];
    if (const auto old = name_index_.find(half_of(one.fingerprint())); old != name_index_.end() && old->second == place)
        name_index_.erase(old);
    one.begin(key, kind, day);
    name_index_[half_of(key)] = static_cast<std::uint32_t>(place);
    return one;
}

Campaign* Campaigns::find_name(std::uint32_t half) {
    const auto found = name_index_.find(half);
    return found == name_index_.end() ? nullptr : &names_.entries[found->second];
}
const Campaign* Campaigns::find_name(std::uint32_t half) const {
    const auto found = name_index_.find(half);
    return found == name_index_.end() ? nullptr : &names_.entries[found->second];
}

Campaign& Campaigns::meet_name(CampaignKind kind, std::uint64_t key, Time at) {
    Campaign* one = find_name(half_of(key));
    if (!one || one->fingerprint() != key) return begin_name(kind, key, day_of(at));
    one->come_to(day_of(at));
    return *one;
}

void Campaigns::touch(Campaign& campaign) {
    if (std::exchange(campaign.of_today_.is_changed, true)) return;
    Table& table = campaign.kind() == CampaignKind::text ? texts_ : names_;
    table.changed.insert(static_cast<std::uint32_t>(&campaign - table.entries.data()));
}

template <class Distinct> void Campaigns::add(Campaign& campaign, Distinct& set, std::uint64_t who) {
    const auto before = set.bits();
    set.add(who);
    if (set.bits() != before) touch(campaign);
}

void Campaigns::add_sender(Campaign& campaign, std::uint64_t who) {
    add(campaign, campaign.today_.senders, who);
    if (campaign.kind() != CampaignKind::text) add(campaign, campaign.today_.many_senders, who);
}

void Campaigns::add_spreader(Campaign& campaign, std::uint64_t who) {
    add(campaign, campaign.today_.spreaders, who);
    if (campaign.kind() != CampaignKind::text) add(campaign, campaign.today_.many_spreaders, who);
}

void Campaigns::add_convicted(Campaign& campaign, std::uint64_t who) {
    add(campaign, campaign.today_.convicted, who);
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
    for (Table* table : {&texts_, &names_}) {
        for (const auto place : table->changed) {
            Campaign& one = table->entries[place];
            if (one.spreaders().bits() != 0)
                take(one);
            else
                one.of_before_.is_changed = one.of_today_.is_changed = false;
        }
        table->changed.clear();
    }
    take(scanned_);
    take(everybody_);
    return out;
}

Campaign& Campaigns::known_as(const CampaignDay& total) {
    if (total.fingerprint == 0) return scanned_;
    if (total.fingerprint == everybody_key) return everybody_;
    if (total.kind == CampaignKind::text) {
        const auto found = search(total.fingerprint);
        return found == nowhere ? begin_text(total.fingerprint, total.day) : texts_.entries[found];
    }
    Campaign* const found = find_name(half_of(total.fingerprint));
    return found && found->fingerprint() == total.fingerprint ? *found
                                                              : begin_name(total.kind, total.fingerprint, total.day);
}

void Campaigns::learn(const CampaignDay& total) {
    Campaign& one = known_as(total);
    one.come_to(total.day);
    if (total.day < one.today_.day - 1) return;
    const bool is_today = total.day == one.today_.day;
    CampaignDay& known = is_today ? one.today_ : one.before_;
    known.senders.add(total.senders);
    known.spreaders.add(total.spreaders);
    known.convicted.add(total.convicted);
    known.many_senders.add(total.many_senders);
    known.many_spreaders.add(total.many_spreaders);
    // Two engines may have begun one campaign under two names: the larger count is the better one.
    if (total.failed.trials >= known.failed.trials) {
        known.failed = total.failed;
        (is_today ? one.of_today_ : one.of_before_).failed = total.failed;
    }
    // Who uses a name without spreading anything is told as soon as somebody else spreads it, or it would seem to be used by
    // nobody else.
    if (is_today && known.kind != CampaignKind::text && total.fingerprint != everybody_key &&
        (known.senders.bits() != total.senders.bits() || known.many_senders.bits() != total.many_senders.bits()))
        touch(one);
}

} // namespace lazaret::detect
