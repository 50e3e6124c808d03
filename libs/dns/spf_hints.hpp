#pragma once
// What receivers will make of a domain's mail that leaves through us: the result of SPF at our egress addresses. A hint for people,
// which nobody waits for: who asks gets what is known, and what is not is found out for the next one who asks.

#include "dns/cache.hpp"
#include "dns/spf.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::dns {

struct SpfHintSettings {
    std::vector<IpAddress> egress; ///< none: there is nothing to find out
    std::string helo;              ///< our host name
    std::size_t max_cached = 10'000, max_in_flight = 16; ///< domains
    Duration ttl = std::chrono::hours(1);
    Duration error_ttl = std::chrono::minutes(1); ///< of a temperror
    Duration limit = std::chrono::seconds(20);    ///< for each address (RFC 7208 4.6.4)

    SpfHintSettings() = default;
};

/// One thread's. What is being found out ends with the resolver.
class SpfHints {
  public:
    SpfHints(net::Executor executor, std::shared_ptr<Resolver> resolver, const SpfHintSettings& settings);

    /// The worst result of all addresses (spf::worse), of postmaster at this domain; nullopt while it is not known. Does not
    /// wait.
    std::optional<spf::Verdict> ask(const std::string& domain);

  private:
    struct State;
    std::shared_ptr<State> state_; ///< shared with what is under way
};

} // namespace lazaret::dns
