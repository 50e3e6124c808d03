#pragma once
// The same for lazaret-engine: what it detects by, and who gets its tickets.

#include "config/config.hpp"
#include "config/resolve.hpp"
#include "detect/detector.hpp"
#include "respond/delivery.hpp"

#include <optional>
#include <vector>

namespace lazaret::files {

/// By what the engine detects; backtest and culprit ask it about the past, with results or without as they find them.
detect::Options detection(const config::Config& config, std::vector<config::Conflict>& wrong);

struct Engine {
    detect::Options detection;
    std::optional<respond::Target> tickets; ///< empty: nobody takes them

    /// Empty when any of the files cannot be used; each that cannot is told in `wrong`.
    static std::optional<Engine> load(const config::Config& config, std::vector<config::Conflict>& wrong);
};

} // namespace lazaret::files
