#pragma once
// The configured scanners of one thread, asked side by side. Their breakers and bounds live here, so it is kept from message
// to message; whoever asks holds it until the answers are there.

#include "config/config.hpp"
#include "net/deadlines.hpp"
#include "scan/policy.hpp"
#include "scan/scanner.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace lazaret::scan {

/// What one of them said, and what its words count for.
struct Look {
    std::string_view scanner; ///< a literal: "clamav"
    config::Mode mode = config::Mode::off;
    config::Away away = config::Away::accept;
    double weight = 0;          ///< of its total
    double suspicion_score = 0; ///< of a Wish::suspicion
    Outcome outcome;

    Look() = default; // travels through coroutines: no aggregate
};

class Daemons {
  public:
    Daemons(const config::Config& config, net::Deadlines& deadlines);
    ~Daemons();

    /// Whether a configuration asks for other daemons, so that these have to be made anew.
    bool differ_from(const config::Config& config) const;
    /// Whether there is anybody to ask about a message under this policy.
    static bool wanted(const config::Config& config, const Policy& policy);

    /// All that the policy wants, within config.content.scan_timeout.
    net::task<std::vector<Look>> ask(const Octets& message, const Envelope& envelope, const config::Config& config,
                                     const Policy& policy);

  private:
    struct Member;
    static net::task<Look> ask(Scanner& scanner, const Octets& message, const Envelope& envelope, Duration timeout, Look look);

    std::vector<Member> members_;
};

} // namespace lazaret::scan
