#include "submission/patience.hpp"

#include <utility>

namespace lazaret::submission {

bool Patience::known(const IpAddress& client, Time now) const {
    return seen_.with([&](const Generations& seen) {
        for (const auto* generation : {&seen.young, &seen.old}) {
            const auto found = generation->find(client);
            if (found != generation->end()) return now - found->second < memory_;
        }
        return false;
    });
}

void Patience::waited(const IpAddress& client, Time now) {
    seen_.with([&](Generations& seen) {
        seen.old.erase(client);
        seen.young.insert_or_assign(client, now);
        if (seen.young.size() > half_) {
            seen.old = std::move(seen.young);
            seen.young.clear();
        }
    });
}

void Patience::talked_early(const IpAddress& client) {
    seen_.with([&](Generations& seen) {
        seen.young.erase(client);
        seen.old.erase(client);
    });
}

std::size_t Patience::size() const {
    return seen_.with([](const Generations& seen) { return seen.young.size() + seen.old.size(); });
}

} // namespace lazaret::submission
