#pragma once
// How many connections there are, in all, from each address and from each network. Shared by all threads; a place is given
// back by the guard's destructor. Only open connections have an entry, so memory is bounded by their number.

#include "core/address.hpp"
#include "core/guarded.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>

namespace lazaret::submission {

/// Neighbours who are likely to be one customer's or one attacker's: /24 for v4, /48 for v6 (RFC 6177: what a site has).
IpAddress network_key(const IpAddress& address);

class Admission {
  public:
    /// A taken place. Move-only: copied into a coroutine frame it would be given back twice.
    class Place {
      public:
        Place() = default;
        /// `counted`: for address and network, too.
        Place(Admission* owner, const IpAddress& address, bool counted)
            : owner_(owner), address_(address), counted_(counted) {}
        Place(Place&& other) noexcept : owner_(other.owner_), address_(other.address_), counted_(other.counted_) {
            other.owner_ = nullptr;
        }
        Place& operator=(Place&& other) noexcept;
        ~Place() { release(); }

      private:
        void release();
        Admission* owner_ = nullptr;
        IpAddress address_;
        bool counted_ = false;
    };
    enum class Refusal { too_many, too_many_from_address, too_many_from_network };
    struct Outcome {
        Place place;
        std::optional<Refusal> refusal;
    };
    struct Bounds {
        std::uint32_t total = 0, per_address = 0, per_network = 0;
        bool exempt = false; ///< counted in all only
    };

    Outcome enter(const IpAddress& address, const Bounds& bounds);
    std::uint32_t connections() const { return total_.load(std::memory_order_relaxed); }

  private:
    /// Open connections by key, in shards so that threads seldom meet at one lock.
    class Counts {
      public:
        bool enter(const IpAddress& key, std::uint32_t bound);
        void leave(const IpAddress& key);

      private:
        using Map = std::map<IpAddress, std::uint32_t>;
        Guarded<Map>& shard(const IpAddress& key);
        std::array<Guarded<Map>, 16> shards_;
    };
    void leave(const IpAddress& address, bool counted);

    std::atomic<std::uint32_t> total_{0};
    Counts addresses_, networks_;
};

} // namespace lazaret::submission
