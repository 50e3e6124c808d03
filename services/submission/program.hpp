#pragma once
// The life of lazaret-submission: start in the order of what depends on what, reload on SIGHUP, drain on SIGTERM.

#include "submission/control.hpp"
#include "submission/node.hpp"
#include "submission/worker.hpp"

#include "store/shipper.hpp"
#include "store/snapshot_watch.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lazaret::submission {

/// Exit statuses of sysexits.h, which service managers know.
namespace exits {
inline constexpr int ok = 0, unavailable = 69, os_error = 71, configuration = 78;
}

class Program {
  public:
    Program(std::filesystem::path config_file, std::vector<std::string> overrides)
        : config_file_(std::move(config_file)), overrides_(std::move(overrides)) {}

    /// Runs until a signal ends it; the exit status. What went wrong stands on stderr in one sentence each.
    int run();

  private:
    /// 0 or an exit status.
    int prepare();
    int listen();
    int add(Port port, Result<std::vector<std::unique_ptr<net::Listener>>> bound);
    int serve();
    void reload();
    void drain();

    const std::filesystem::path config_file_;
    const std::vector<std::string> overrides_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<store::Shipper> shipper_;
    std::unique_ptr<store::SnapshotWatch> watch_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Control> control_;
};

} // namespace lazaret::submission
