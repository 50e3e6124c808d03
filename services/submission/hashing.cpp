#include "submission/hashing.hpp"

namespace lazaret::submission {

Hashing::Place Hashing::enter(const IpAddress& client, std::uint32_t bound, std::uint32_t share) {
    const bool room = waiting_.with([&](Waiting& waiting) {
        const auto found = waiting.of.find(client);
        if (waiting.all >= bound || (found != waiting.of.end() && found->second >= share)) return false;
        ++waiting.all;
        ++waiting.of[client];
        return true;
    });
    return Place(room ? this : nullptr, client);
}

std::uint32_t Hashing::checks() const {
    return waiting_.with([](const Waiting& waiting) { return waiting.all; });
}

Hashing::Place::~Place() {
    if (!owner_) return;
    owner_->waiting_.with([&](Waiting& waiting) {
        --waiting.all;
        const auto found = waiting.of.find(client_);
        if (--found->second == 0) waiting.of.erase(found);
    });
}

} // namespace lazaret::submission
