#pragma once
// The files that the configuration names for lazaret-submission, loaded: what the daemon begins with, what a reload takes
// over, and what `lazaret config check` looks at. One place, so that all three agree.

#include "config/config.hpp"
#include "config/resolve.hpp"
#include "net/tls.hpp"
#include "scan/local_checks.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace lazaret::files {

struct Submission {
    std::shared_ptr<const net::TlsContext> tls;          ///< null where no listener needs it
    std::shared_ptr<const net::TlsContext> next_hop_tls; ///< null where connections to the next hop stay plain
    std::shared_ptr<const scan::LocalChecks> checks;     ///< never null

    /// Empty when any of them cannot be used; each that cannot is told in `wrong`.
    static std::optional<Submission> load(const config::Config& config, std::vector<config::Conflict>& wrong);
};

} // namespace lazaret::files
