#pragma once
// The life of lazaret-engine.

#include "config/config.hpp"
#include "core/result.hpp"
#include "engine/control.hpp"
#include "engine/ingest.hpp"
#include "engine/outcomes.hpp"
#include "respond/outbox_worker.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lazaret::engine {

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
    Result<void> make_outcomes();
    void reload();

    const std::filesystem::path config_file_;
    const std::vector<std::string> overrides_;
    config::Config config_;
    std::unique_ptr<Control> control_;
    std::unique_ptr<respond::OutboxWorker> outbox_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<Outcomes> outcomes_;
};

} // namespace lazaret::engine
