#include "relay/published.hpp"

#include "core/guarded.hpp"

#include <map>
#include <string>

namespace lazaret::relay {

Published& Published::of(const Endpoint& hop) {
    static auto* all =
        new Guarded<std::map<std::string, Published>>; // pools of other statics may outlive this one
    return all->with([&](auto& map) -> Published& { return map[hop.to_string()]; });
}

void Published::publish(const smtp::Extensions& fresh) {
    if (!known() || *get() != fresh)
        offered_.store(std::make_shared<const smtp::Extensions>(fresh), std::memory_order_release);
    known_.store(true, std::memory_order_release);
}

} // namespace lazaret::relay
