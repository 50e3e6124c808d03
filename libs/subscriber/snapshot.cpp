#include "subscriber/snapshot.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::subscriber {

namespace {

/// An address as two words in host order: masking is two ANDs.
struct Key {
    std::uint64_t high = 0, low = 0;

    explicit Key(const IpAddress& address) {
        for (std::size_t i = 0; i < 8; ++i) {
            high = high << 8 | address.bytes()[i];
            low = low << 8 | address.bytes()[8 + i];
        }
    }
    Key(std::uint64_t h, std::uint64_t l) : high(h), low(l) {}
    Key first_bits(int bits) const {
        constexpr std::uint64_t all = ~std::uint64_t{0};
        const std::uint64_t high_mask = bits == 0 ? 0 : bits >= 64 ? all : all << (64 - bits);
        const std::uint64_t low_mask = bits <= 64 ? 0 : all << (128 - bits);
        return Key(high & high_mask, low & low_mask);
    }
    bool operator==(const Key&) const = default;
};

struct KeyHash {
    std::size_t operator()(const Key& key) const {
        std::uint64_t x = key.high * 0x9E3779B97F4A7C15u ^ key.low; // neighbouring blocks differ in few bits
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
        return x ^ x >> 32;
    }
};

struct Length {
    int bits;
    std::unordered_map<Key, std::size_t, KeyHash> blocks; // index into Rows::networks
};

} // namespace

struct Directory::Table {
    std::vector<Length> v4, v6; // apart, because "::/0" does not hold the mapped IPv4 addresses

    void add(const Cidr& block, std::size_t index) {
        auto& lengths = block.base().is_v4() ? v4 : v6;
        const int bits = block.prefix_bits();
        auto place =
            std::find_if(lengths.begin(), lengths.end(), [&](const Length& l) { return l.bits <= bits; });
        if (place == lengths.end() || place->bits != bits) place = lengths.insert(place, Length{bits, {}});
        place->blocks.emplace(Key(block.base()), index);
    }
};

Directory::Directory(Rows rows) : rows_(std::move(rows)) {
    for (std::size_t i = 0; i < rows_.accounts.size(); ++i)
        accounts_.emplace(ascii_lowercase(rows_.accounts[i].login), i);
    for (std::size_t i = 0; i < rows_.subscribers.size(); ++i)
        subscribers_.emplace(rows_.subscribers[i].id, i);
    for (std::size_t i = 0; i < rows_.plans.size(); ++i)
        plans_.emplace(rows_.plans[i].name, i);
    auto table = std::make_shared<Table>();
    for (std::size_t i = 0; i < rows_.networks.size(); ++i)
        table->add(rows_.networks[i].block, i);
    networks_ = std::move(table);
}

const Account* Directory::account(std::string_view login) const {
    const auto found = accounts_.find(ascii_lowercase(login));
    return found == accounts_.end() ? nullptr : &rows_.accounts[found->second];
}

const Subscriber* Directory::subscriber(std::string_view id) const {
    const auto found = subscribers_.find(id);
    return found == subscribers_.end() ? nullptr : &rows_.subscribers[found->second];
}

const Plan* Directory::plan(std::string_view name) const {
    const auto found = plans_.find(name);
    return found == plans_.end() ? nullptr : &rows_.plans[found->second];
}

const Network* Directory::network(const IpAddress& address) const {
    if (!networks_) return nullptr;
    const Key key(address);
    for (const Length& length : address.is_v4() ? networks_->v4 : networks_->v6)
        if (const auto found = length.blocks.find(key.first_bits(length.bits)); found != length.blocks.end())
            return &rows_.networks[found->second];
    return nullptr;
}

bool is_about(const Quarantine& confinement, const Sending& what) {
    switch (confinement.scope) {
    case Scope::everything: return true;
    case Scope::account: return !what.account.empty() && ascii_iequals(confinement.part, what.account);
    case Scope::address: {
        const auto block = Cidr::parse(confinement.part);
        return what.account.empty() && block && block->contains(what.client);
    }
    case Scope::bounces: return what.null_sender;
    }
    return true;
}

QuarantineList::QuarantineList(std::vector<Quarantine> entries) : entries_(std::move(entries)) {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Quarantine& a, const Quarantine& b) {
        if (const int order = a.subscriber.compare(b.subscriber); order != 0) return order < 0;
        return a.level > b.level;
    });
}

const Quarantine* QuarantineList::find(const Sending& what, Time at) const {
    auto entry = std::lower_bound(entries_.begin(), entries_.end(), what.subscriber,
                                  [](const Quarantine& e, std::string_view id) { return e.subscriber < id; });
    for (; entry != entries_.end() && entry->subscriber == what.subscriber; ++entry)
        if (entry->start <= at && (!entry->expiry || at < *entry->expiry) && is_about(*entry, what)) return &*entry;
    return nullptr;
}

} // namespace lazaret::subscriber
