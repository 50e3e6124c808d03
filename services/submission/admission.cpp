#include "submission/admission.hpp"

#include <utility>

namespace lazaret::submission {

Guarded<Admission::Counts>& Admission::shard(const IpAddress& address) {
    unsigned sum = 0;
    for (auto octet : address.bytes()) sum = sum * 31 + octet;
    return shards_[sum % shards_.size()];
}

Admission::Outcome Admission::enter(const IpAddress& address, std::uint32_t total, std::uint32_t per_address) {
    Outcome outcome;
    if (total_.fetch_add(1, std::memory_order_relaxed) >= total) {
        total_.fetch_sub(1, std::memory_order_relaxed);
        outcome.refusal = Refusal::too_many;
        return outcome;
    }
    const bool room = shard(address).with([&](Counts& counts) {
        auto& count = counts[address];
        if (per_address != 0 && count >= per_address) return false;
        ++count;
        return true;
    });
    if (!room) {
        total_.fetch_sub(1, std::memory_order_relaxed);
        outcome.refusal = Refusal::too_many_from_address;
        return outcome;
    }
    outcome.place = Place(this, address);
    return outcome;
}

void Admission::leave(const IpAddress& address) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    shard(address).with([&](Counts& counts) {
        auto found = counts.find(address);
        if (found != counts.end() && --found->second == 0) counts.erase(found);
    });
}

void Admission::Place::release() {
    if (owner_) std::exchange(owner_, nullptr)->leave(address_);
}

Admission::Place& Admission::Place::operator=(Place&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
        address_ = other.address_;
    }
    return *this;
}

} // namespace lazaret::submission
