#pragma once
// What each next hop offered last, shared by the pools of all threads.

#include "core/address.hpp"
#include "smtp/envelope.hpp"

#include <atomic>
#include <memory>

namespace lazaret::relay {

class Published {
  public:
    /// The one of this next hop; made on first use, kept until the process ends.
    static Published& of(const Endpoint& hop);

    std::shared_ptr<const smtp::Extensions> get() const { return offered_.load(std::memory_order_acquire); }
    bool known() const { return known_.load(std::memory_order_acquire); }
    void publish(const smtp::Extensions& fresh);

  private:
    std::atomic<std::shared_ptr<const smtp::Extensions>> offered_{std::make_shared<const smtp::Extensions>()};
    std::atomic<bool> known_{false};
};

} // namespace lazaret::relay
