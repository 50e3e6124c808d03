#pragma once
// main() of a daemon: --config, --set, --version and --help, the same for all of them.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lazaret::arguments {

/// What a daemon says of itself.
struct DaemonText {
    std::string name;          ///< "lazaret-engine", also before its errors
    std::string version;       ///< of the product
    std::string about;         ///< first in the help
    std::string exit_statuses; ///< last in the help
};

/// Runs the daemon with its configuration file and the overrides of --set, "SECTION.KEY=VALUE", in their order.
using DaemonRun = std::function<int(const std::filesystem::path& config, const std::vector<std::string>& overrides)>;

/// The exit status: what `run` returns; 70 (EX_SOFTWARE) when it throws, 64 (EX_USAGE) for wrong arguments, both with a sentence
/// on stderr; 0 after --help or --version.
int run_daemon(int argc, const char* const* argv, const DaemonText& text, const DaemonRun& run);

} // namespace lazaret::arguments
