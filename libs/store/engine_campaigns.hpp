#pragma once
// What several subscribers send alike, texts and names in messages, as all engines together know them (libs/detect/campaigns.hpp), by day.

#include "core/time.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <vector>

namespace lazaret::store {

/// One text or name on one day. The sets are bits: adding twice changes nothing.
struct CampaignRow {
    std::uint64_t fingerprint = 0; ///< 0, 1: of none, counts only
    std::int32_t day = 0;          ///< since 1970
    int kind = 0;                  ///< detect::CampaignKind
    std::uint64_t senders = 0, spreaders = 0, convicted = 0, many_senders = 0, many_spreaders = 0;
    double failed = 0, results = 0;
};

/// What has changed since, to be asked for again from `until` on; Time{} = all that is not forgotten.
struct CampaignChanges {
    std::vector<CampaignRow> rows;
    Time until{};
};
Result<CampaignChanges> load_campaigns(Database& database, Time since);

/// Days before this one are not needed any more.
Result<void> forget_campaigns(Database& database, std::int32_t before);

} // namespace lazaret::store
