#include "submission/admission.hpp"

#include <utility>

namespace lazaret::submission {

IpAddress network_key(const IpAddress& address) {
    return Cidr(address, address.is_v4() ? 24 : 48).base();
}

Guarded<Admission::Counts::Map>& Admission::Counts::shard(const IpAddress& key) {
    unsigned sum = 0;
    for (auto octet : key.bytes()) sum = sum * 31 + octet;
    return shards_[sum % shards_.size()];
}

bool Admission::Counts::enter(const IpAddress& key, std::uint32_t bound) {
    return shard(key).with([&](Map& counts) {
        auto found = counts.find(key);
        if (found == counts.end()) {
            if (bound == 0) return false;
            found = counts.emplace(key, 0).first;
        }
        if (found->second >= bound) return false;
        ++found->second;
        return true;
    });
}

void Admission::Counts::leave(const IpAddress& key) {
    shard(key).with([&](Map& counts) {
        auto found = counts.find(key);
        if (found != counts.end() && --found->second == 0) counts.erase(found);
    });
}

Admission::Outcome Admission::enter(const IpAddress& address, const Bounds& bounds) {
    Outcome outcome;
    const auto client = client_key(address);
    if (total_.fetch_add(1, std::memory_order_relaxed) >= bounds.total) {
        outcome.refusal = Refusal::too_many;
    } else if (bounds.exempt) {
        outcome.place = Place(this, address, false);
        return outcome;
    } else if (!addresses_.enter(client, bounds.per_address)) {
        outcome.refusal = Refusal::too_many_from_address;
    } else if (!networks_.enter(network_key(address), bounds.per_network)) {
        addresses_.leave(client);
        outcome.refusal = Refusal::too_many_from_network;
    } else {
        outcome.place = Place(this, address, true);
        return outcome;
    }
    total_.fetch_sub(1, std::memory_order_relaxed);
    return outcome;
}

void Admission::leave(const IpAddress& address, bool counted) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    if (!counted) return;
    addresses_.leave(client_key(address));
    networks_.leave(network_key(address));
}

void Admission::Place::release() {
    if (owner_) std::exchange(owner_, nullptr)->leave(address_, counted_);
}

Admission::Place& Admission::Place::operator=(Place&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
        address_ = other.address_;
        counted_ = other.counted_;
    }
    return *this;
}

} // namespace lazaret::submission
