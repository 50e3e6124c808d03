#pragma once
// The threads on which passwords are hashed, and who may use them: a bounded number of checks in all, and of these no
// client more than its share, so that one client with wrong passwords does not keep everybody else from logging in.

#include "core/address.hpp"
#include "core/guarded.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <map>

namespace lazaret::submission {

class Hashing {
  public:
    /// Room for one check. Move-only: copied into a coroutine frame it would be given back twice.
    class Place {
      public:
        Place() = default;
        Place(Hashing* owner, const IpAddress& client) : owner_(owner), client_(client) {}
        Place(Place&& other) noexcept : owner_(other.owner_), client_(other.client_) { other.owner_ = nullptr; }
        Place& operator=(Place&& other) = delete;
        ~Place();
        explicit operator bool() const { return owner_ != nullptr; }

      private:
        Hashing* owner_ = nullptr;
        IpAddress client_;
    };

    explicit Hashing(unsigned threads) : pool_(threads) {}

    /// `client` as client_key() gives it; `bound` checks in all and `share` of them for one client. No room: false.
    Place enter(const IpAddress& client, std::uint32_t bound, std::uint32_t share);
    std::uint32_t checks() const; ///< those that have a place now
    boost::asio::thread_pool& pool() { return pool_; }

  private:
    struct Waiting {
        std::uint32_t all = 0;
        std::map<IpAddress, std::uint32_t> of; ///< those who wait: never more than `all`
    };
    Guarded<Waiting> waiting_;
    boost::asio::thread_pool pool_; // last: its threads end before what they use
};

} // namespace lazaret::submission
