#pragma once
// What is known of a text across subscribers: a campaign sent in small doses by many shows in no single one of them.
// Bounded, found again by similarity in constant time. Days are UTC; what is older than yesterday is forgotten.
//
// Engines that share the subscribers tell each other what they saw, and each keeps it over a restart, as CampaignDay:
//
//     campaigns.take_changes()  ->  added to what the database has of that day  ->  campaigns.learn(total)

#include "core/time.hpp"
#include "detect/share.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

namespace lazaret::detect {

/// Number of distinct things, by linear counting in 64 bits: good to a few per cent up to about 60, saturates at 200.
class FewDistinct {
  public:
    FewDistinct() = default;
    explicit FewDistinct(std::uint64_t bits) : bits_(bits) {}
    void add(std::uint64_t hash) { bits_ |= bit(hash); }
    void add(const FewDistinct& others) { bits_ |= others.bits_; }
    double count() const { return estimate(bits_); }
    double count_without(std::uint64_t hash) const { return estimate(bits_ & ~bit(hash)); } ///< of all others
    std::uint64_t bits() const { return bits_; }

  private:
    static std::uint64_t bit(std::uint64_t hash) { return std::uint64_t{1} << (hash >> 58); }
    static double estimate(std::uint64_t bits);
    std::uint64_t bits_ = 0;
};

/// What one day adds to a campaign.
struct CampaignDay {
    std::uint64_t fingerprint = 0; ///< of its first message; 0: not a text, but what the scanner caught of all messages
    std::int32_t day = 0;          ///< since 1970
    FewDistinct senders;           ///< subscribers that sent it
    FewDistinct spreaders;         ///< of them, those that sent it to several strangers and beyond their habit
    FewDistinct convicted;         ///< of them, those convicted on evidence of their own
    Share failed;                  ///< recipients that do not exist, of those with a result; of 0: messages caught, of all
};

class Campaign {
  public:
    std::uint64_t fingerprint() const { return today_.fingerprint; }
    FewDistinct senders() const { return both(&CampaignDay::senders); }
    FewDistinct spreaders() const { return both(&CampaignDay::spreaders); }
    FewDistinct convicted() const { return both(&CampaignDay::convicted); }
    Share failed() const; ///< yesterday's count half

  private:
    friend class Campaigns;
    FewDistinct both(FewDistinct CampaignDay::* what) const;
    void come_to(std::int32_t day);
    /// What take_changes() has told of failed; what it has not told at all.
    struct Told {
        Share failed;
        bool is_changed = false;
    };
    static void tell(CampaignDay& what, Told& told, std::vector<CampaignDay>& out);
    CampaignDay today_, before_;
    Told of_today_, of_before_;
};

/// Spreads the bits of a name or of a weak hash.
std::uint64_t mixed(std::uint64_t hash);
std::uint64_t hash_of(std::string_view name);

class Campaigns {
  public:
    explicit Campaigns(std::size_t capacity = 16'384);

    /// A scanner that never catches anything is none: its silence acquits nobody.
    void note(bool is_caught, Time at);
    bool is_scanned() const;

    /// The campaign of this text, begun if there is none; valid until the next call. nullptr for 0.
    Campaign* meet(std::uint64_t fingerprint, Time at);
    /// nullptr when it is not remembered.
    Campaign* find(std::uint64_t fingerprint);
    const Campaign* find(std::uint64_t fingerprint) const;

    void add_sender(Campaign& campaign, std::uint64_t who) { add(campaign, campaign.today_.senders, who); }
    void add_spreader(Campaign& campaign, std::uint64_t who) { add(campaign, campaign.today_.spreaders, who); }
    void add_convicted(Campaign& campaign, std::uint64_t who) { add(campaign, campaign.today_.convicted, who); }
    void add_results(Campaign& campaign, double nonexistent, double results);

    /// What this engine has added since the last call, without texts that nobody spreads. `failed` is the increase, the
    /// rest is whole.
    std::vector<CampaignDay> take_changes();
    /// What is known of a campaign on that day, all engines together.
    void learn(const CampaignDay& total);

  private:
    // Texts that differ in up to 8 bits agree in one of 6 bands nearly always, since those bits seldom hit all six.
    static constexpr std::size_t bands = 6, buckets = 2048, depth = 16;
    static std::size_t bucket(std::uint64_t fingerprint, std::size_t band);
    void add(Campaign& campaign, FewDistinct& set, std::uint64_t who);
    void touch(Campaign& campaign);
    Campaign& begin(std::uint64_t fingerprint, std::int32_t day);
    std::size_t victim(std::int32_t day);
    std::size_t search(std::uint64_t fingerprint) const;

    Campaign scanned_; // what it has in failed: messages caught, of all
    std::size_t capacity_, hand_ = 0;
    std::vector<Campaign> entries_;
    std::vector<std::uint32_t> index_; // bands x buckets x depth, 1 + place in entries_
    std::vector<std::uint8_t> next_;   // bands x buckets: which of depth is overwritten next
    std::set<std::uint32_t> changed_;  // places in entries_
};

} // namespace lazaret::detect
