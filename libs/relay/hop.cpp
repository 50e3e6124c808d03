#include "relay/hop.hpp"

#include "core/random.hpp"
#include "log/log.hpp"

#include <map>

namespace lazaret::relay {

namespace {

std::atomic<std::uint64_t> generations{1};

metrics::Gauge& connections(const std::string& hop, const char* state) {
    return metrics::gauge("lazaret_backend_connections", "Connections to the next hop.",
                          {{"next_hop", hop}, {"state", state}});
}

} // namespace

std::shared_ptr<Hop> Hop::of(const Endpoint& address) {
    // Never destroyed: pools of other statics may outlive this one.
    static auto* all = new Guarded<std::map<std::string, std::weak_ptr<Hop>>>;
    const auto name = address.to_string();
    return all->with([&](auto& map) {
        auto& known = map[name];
        auto hop = known.lock();
        if (!hop) known = hop = std::make_shared<Hop>(name);
        return hop;
    });
}

Hop::Hop(std::string name)
    : busy(connections(name, "busy")), idle(connections(name, "idle")),
      faults(metrics::counter("lazaret_backend_faults_total",
                              "Connections to the next hop that broke, fell silent or fell out of step.",
                              {{"next_hop", name}})),
      name_(std::move(name)),
      up_(metrics::gauge("lazaret_backend_up", "1 while the next hop takes connections, 0 while it is left out.",
                         {{"next_hop", name_}})) {
    up_.Set(1);
}

std::uint64_t Hop::generation() {
    return generations.load(std::memory_order_acquire);
}

void Hop::changed() {
    generations.fetch_add(1, std::memory_order_acq_rel);
}

void Hop::publish(const smtp::Extensions& fresh) {
    if (known() && *offered() == fresh) return;
    offered_.store(std::make_shared<const smtp::Extensions>(fresh), std::memory_order_release);
    known_.store(true, std::memory_order_release);
    changed();
}

std::string Hop::why_away() const {
    return why_.with([](const std::string& why) { return why; });
}

void Hop::went_away(const std::string& why) {
    why_.with([&](std::string& last) { last = why; });
    if (away_.exchange(true, std::memory_order_acq_rel)) return;
    up_.Set(0);
    changed();
    log::warn("next_hop_away", "No connection to the next hop; it is left out until it answers",
              {{"next_hop", name_}, {"reason", why}});
}

void Hop::came_back() {
    if (!away() || !away_.exchange(false, std::memory_order_acq_rel)) return;
    up_.Set(1);
    changed();
    log::info("next_hop_back", "The next hop answers again", {{"next_hop", name_}});
}

bool Hop::claim_probe(clock::time_point now, Duration interval) {
    auto due = next_probe_.load(std::memory_order_relaxed);
    if (now.time_since_epoch().count() < due) return false;
    std::uint16_t chance = 0;
    random_bytes(&chance, sizeof chance);
    const auto jitter = interval / 10 * chance / 0xffff;
    const auto next = now + std::chrono::duration_cast<clock::duration>(interval + jitter);
    return next_probe_.compare_exchange_strong(due, next.time_since_epoch().count(), std::memory_order_relaxed);
}

} // namespace lazaret::relay
