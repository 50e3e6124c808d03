#pragma once
// What is known across subscribers of a text, and of a name in messages: a campaign sent in small doses by many shows in no
// single one of them. Bounded; a text is found again by similarity and a name by its hash, in constant time. Days are UTC;
// what is older than yesterday is forgotten.
//
// Engines that share the subscribers tell each other what they saw, and each keeps it over a restart, as CampaignDay:
//
//     campaigns.take_changes()  ->  added to what the database has of that day  ->  campaigns.learn(total)

#include "core/time.hpp"
#include "detect/distinct.hpp"
#include "detect/share.hpp"
#include "event/name_hash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lazaret::detect {

/// By what messages of one campaign are told. The numbers stand in the database.
enum class CampaignKind : std::uint8_t {
    text = 0,  ///< similarity hash of the text
    host = 1,  ///< where links lead
    helo = 2,  ///< HELO name
    agent = 3, ///< mail program
};

std::string in_words(CampaignKind kind); ///< "text", "link host", "HELO name", "mail program"

/// What a name is found by: kinds do not mix. `hash`: event::name_hash().
std::uint64_t campaign_key(CampaignKind kind, std::uint64_t hash);

/// What one day adds to a campaign.
struct CampaignDay {
    std::uint64_t fingerprint = 0; ///< of its first message; of a name campaign_key(); see Campaigns for 0 and 1
    std::int32_t day = 0;          ///< since 1970
    CampaignKind kind = CampaignKind::text;
    FewDistinct senders;           ///< subscribers that sent it
    FewDistinct spreaders;         ///< of them, those that sent it to several strangers and beyond their habit
    FewDistinct convicted;         ///< of them, those convicted on evidence of their own
    ManyDistinct many_senders, many_spreaders; ///< of a name: the same beyond what the others can count
    Share failed;                  ///< of a text: recipients that do not exist, of those with a result
};

class Campaign {
  public:
    std::uint64_t fingerprint() const { return today_.fingerprint; }
    CampaignKind kind() const { return today_.kind; }
    FewDistinct senders() const { return both(&CampaignDay::senders); }
    FewDistinct spreaders() const { return both(&CampaignDay::spreaders); }
    FewDistinct convicted() const { return both(&CampaignDay::convicted); }
    double senders_without(std::uint64_t who) const; ///< however many
    double spreaders_without(std::uint64_t who) const;
    Share failed() const; ///< yesterday's count half

  private:
    friend class Campaigns;
    template <class Distinct> Distinct both(Distinct CampaignDay::* what) const {
        Distinct sum = today_.*what;
        sum.add(before_.*what);
        return sum;
    }
    void begin(std::uint64_t fingerprint, CampaignKind kind, std::int32_t day);
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

using event::mixed;
/// Of a subscriber or a name. In this process and what it saves only.
inline std::uint64_t hash_of(std::string_view name) {
    return event::name_hash(name);
}

class Campaigns {
  public:
    /// `names`: of those there are more, since each message has several.
    explicit Campaigns(std::size_t texts = 16'384, std::size_t names = 65'536);

    /// A scanner that never catches anything is none: its silence acquits nobody. Told as fingerprint 0.
    void note(bool is_caught, Time at);
    bool is_scanned() const;

    /// Of all subscribers that send on a day, those that write to strangers beyond their habit: what is to be expected of
    /// the users of a name. Each is told once a day, as a sender and as a spreader. Goes as fingerprint 1.
    void count_sender(Time at) { count_everybody(0, 1, at); }
    void count_spreader(Time at) { count_everybody(1, 0, at); }
    Share everybody() const { return everybody_.failed(); }

    /// The campaign of this text, begun if there is none; valid until the next call. nullptr for 0.
    Campaign* meet(std::uint64_t fingerprint, Time at);
    /// nullptr when it is not remembered.
    Campaign* find(std::uint64_t fingerprint);
    const Campaign* find(std::uint64_t fingerprint) const;

    /// Likewise of a name, by campaign_key(). Half of the key is enough to find it.
    Campaign& meet_name(CampaignKind kind, std::uint64_t key, Time at);
    Campaign* find_name(std::uint32_t half);
    const Campaign* find_name(std::uint32_t half) const;
    static std::uint32_t half_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }

    void add_sender(Campaign& campaign, std::uint64_t who);
    void add_spreader(Campaign& campaign, std::uint64_t who);
    void add_convicted(Campaign& campaign, std::uint64_t who);
    void add_results(Campaign& campaign, double nonexistent, double results);

    /// What this engine has added since the last call, without what nobody spreads. `failed` is the increase, the
    /// rest is whole.
    std::vector<CampaignDay> take_changes();
    /// What is known of a campaign on that day, all engines together.
    void learn(const CampaignDay& total);

  private:
    /// As many as there is room for; whose place is taken is who was met by one subscriber only, or is old.
    struct Table {
        std::vector<Campaign> entries;
        std::size_t capacity = 1, hand = 0;
        std::set<std::uint32_t> changed; // places in entries
        std::size_t victim(std::int32_t day);
    };
    // Texts that differ in up to 8 bits agree in one of 6 bands nearly always, since those bits seldom hit all six.
    static constexpr std::size_t bands = 6, buckets = 2048, depth = 16;
    static std::size_t bucket(std::uint64_t fingerprint, std::size_t band);
    template <class Distinct> void add(Campaign& campaign, Distinct& set, std::uint64_t who);
    void touch(Campaign& campaign);
    void count_everybody(double spreaders, double senders, Time at);
    Campaign& begin_text(std::uint64_t fingerprint, std::int32_t day);
    Campaign& begin_name(CampaignKind kind, std::uint64_t key, std::int32_t day);
    Campaign& known_as(const CampaignDay& total);
    std::size_t search(std::uint64_t fingerprint) const;

    Campaign scanned_, everybody_; // what they have in failed: messages caught, of all; spreaders, of senders
    Table texts_, names_;
    std::vector<std::uint64_t> index_;  // of texts, bands x buckets x depth: fingerprints, 0 for none
    std::vector<std::uint32_t> places_; // of each in texts_, unless that is another's by now
    std::vector<std::uint8_t> next_;   // bands x buckets: which of depth is overwritten next
    std::unordered_map<std::uint32_t, std::uint32_t> name_index_; // half of the key to place
};

} // namespace lazaret::detect
