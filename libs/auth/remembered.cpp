#include "auth/remembered.hpp"

#include "auth/secret.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"

#include <algorithm>
#include <cstring>

namespace lazaret::auth {
namespace {

/// Length first, so that no two triples give the same octets.
void append(std::string& out, std::string_view part) {
    const std::uint64_t size = part.size();
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out.append(part);
}

} // namespace

std::size_t Remembered::DigestHash::operator()(const Digest& digest) const {
    std::size_t out = 0;
    std::memcpy(&out, digest.data() + 1, sizeof out); // the first octet chose the shard
    return out;
}

Remembered::Remembered(Duration keep, std::size_t max_entries)
    : keep_(keep), max_per_shard_(std::max<std::size_t>(1, max_entries / shard_count)), key_(32, '\0') {
    random_bytes(key_.data(), key_.size());
}

Remembered::Digest Remembered::digest(std::string_view login, std::string_view password,
                                      std::string_view verifier) const {
    std::string text;
    text.reserve(login.size() + password.size() + verifier.size() +
                 24); // once: no half-written copy stays behind
    append(text, login);
    append(text, password);
    append(text, verifier);
    const std::string mac = hmac_sha256(key_, text);
    cleanse(text);
    Digest out;
    std::memcpy(out.data(), mac.data(), out.size());
    return out;
}

bool Remembered::fresh(Time added, Time now) const {
    // Either way round: a clock that is set back by hours must not keep a password alive for hours.
    return now - added < keep_ && added - now < keep_;
}

bool Remembered::knows(std::string_view login, std::string_view password, std::string_view verifier,
                       Time now) const {
    if (keep_ <= Duration::zero()) return false;
    const Digest id = digest(login, password, verifier);
    const Shard& shard = shards_[static_cast<unsigned char>(id[0]) % shard_count];
    std::lock_guard lock(shard.mutex);
    const auto found = shard.added.find(id);
    return found != shard.added.end() && fresh(found->second, now);
}

void Remembered::add(std::string_view login, std::string_view password, std::string_view verifier, Time now) {
    if (keep_ <= Duration::zero()) return;
    const Digest id = digest(login, password, verifier);
    Shard& shard = shards_[static_cast<unsigned char>(id[0]) % shard_count];
    std::lock_guard lock(shard.mutex);
    const auto drop_oldest = [&shard] {
        shard.added.erase(shard.order.front());
        shard.order.pop_front();
    };
    while (!shard.order.empty() && !fresh(shard.added.at(shard.order.front()), now))
        drop_oldest();

    const auto [place, is_new] = shard.added.try_emplace(id, now);
    if (is_new) {
        shard.order.push_back(id);
        if (shard.order.size() > max_per_shard_) drop_oldest();
    } else if (!fresh(place->second, now)) {
        place->second = now; // behind a fresher one after a clock step: it keeps its place in line
    }
}

std::size_t Remembered::size() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        total += shard.added.size();
    }
    return total;
}

} // namespace lazaret::auth
