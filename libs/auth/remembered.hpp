#pragma once
// Passwords that were found right a short while ago, so that a costly verifier is paid for once and not per
// connection. Holds keyed hashes only, under a key that never leaves the process. The verifier's text is part
// of what is hashed: a changed password is unknown at once. Any thread may call.

#include "core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lazaret::auth {

class Remembered {
  public:
    /// Keeps each for `keep` from the moment it was added (zero: remembers nothing), at most about
    /// `max_entries`: beyond that the oldest goes.
    explicit Remembered(Duration keep, std::size_t max_entries = 100'000);

    /// Cheap (one HMAC): fit for an I/O thread. `verifier` is the stored text
    /// (subscriber::Account::verifier).
    bool knows(std::string_view login, std::string_view password, std::string_view verifier, Time now) const;
    /// After Verifier::check() said yes. Does not prolong what is remembered already.
    void add(std::string_view login, std::string_view password, std::string_view verifier, Time now);
    std::size_t size() const;

  private:
    static constexpr std::size_t shard_count = 16;
    using Digest = std::array<char, 32>;
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const;
    };
    struct alignas(64) Shard {
        mutable std::mutex mutex;
        std::unordered_map<Digest, Time, DigestHash> added;
        std::deque<Digest> order; // oldest first, exactly the keys of `added`
    };
    Digest digest(std::string_view login, std::string_view password, std::string_view verifier) const;
    bool fresh(Time added, Time now) const;

    Duration keep_;
    std::size_t max_per_shard_;
    std::string key_;
    std::array<Shard, shard_count> shards_;
};

} // namespace lazaret::auth
