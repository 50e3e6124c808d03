#pragma once
// Whose mail fails SPF when it leaves through us, out of the events.

#include "spf/result.hpp"
#include "store/database.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lazaret::store {

struct SpfFilter {
    std::string subscriber; ///< "" = all
    Time since{};
    bool all = false; ///< false: only what hurts (spf::hurts)
    std::size_t limit = 1000;
};

/// Messages of one subscriber from one domain with one result.
struct SpfCount {
    std::string domain, subscriber;
    spf::Verdict verdict{};
    std::uint64_t messages = 0;
    Time last{};
};

/// Most messages first. Messages of which no result was known are left out.
Result<std::vector<SpfCount>> count_spf(Database& database, const SpfFilter& filter);

} // namespace lazaret::store
