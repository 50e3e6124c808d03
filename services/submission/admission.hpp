#pragma once
// How many connections there are, in all and from each address. Shared by all threads; a place is given back by the
// guard's destructor.

#include "core/address.hpp"
#include "core/guarded.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>

namespace lazaret::submission {

class Admission {
  public:
    /// A taken place. Move-only: copied into a coroutine frame it would be given back twice.
    class Place {
      public:
        Place() = default;
        Place(Admission* owner, const IpAddress& address) : owner_(owner), address_(address) {}
        Place(Place&& other) noexcept : owner_(other.owner_), address_(other.address_) { other.owner_ = nullptr; }
        Place& operator=(Place&& other) noexcept;
        ~Place() { release(); }

      private:
        void release();
        Admission* owner_ = nullptr;
        IpAddress address_;
    };
    enum class Refusal { too_many, too_many_from_address };
    struct Outcome {
        Place place;
        std::optional<Refusal> refusal;
    };

    /// `address` as client_key() gives it; `per_address` 0 = no bound for it.
    Outcome enter(const IpAddress& address, std::uint32_t total, std::uint32_t per_address);
    std::uint32_t connections() const { return total_.load(std::memory_order_relaxed); }

  private:
    void leave(const IpAddress& address);
    using Counts = std::map<IpAddress, std::uint32_t>;
    Guarded<Counts>& shard(const IpAddress& address);

    std::atomic<std::uint32_t> total_{0};
    std::array<Guarded<Counts>, 16> shards_;
};

} // namespace lazaret::submission
