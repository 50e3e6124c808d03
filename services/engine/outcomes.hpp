#pragma once
// Follows Postfix's logs, files and the journal, and turns what they say about our messages into events of type
// delivery_result. One thread for all. Position, events and what waits change in one transaction; on any trouble
// it begins anew from there.

#include "core/hash.hpp"
#include "engine/deliveries.hpp"
#include "engine/log_source.hpp"
#include "metrics/registry.hpp"
#include "respond/stop_flag.hpp"
#include "store/database.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lazaret::engine {

struct OutcomesSettings {
    store::DatabaseSettings database;
    std::string node; ///< this machine's; two may have a log of the same path
    std::vector<std::filesystem::path> logs;
    std::vector<std::string> units;                     ///< whose journal is a log, too; none: it is not read
    std::vector<std::string> journalctl{"journalctl"}; ///< tests have a journal of their own
    std::string hash_key;
    Duration poll = std::chrono::milliseconds(100);
};

/// The name under which the position in this node's log is kept.
std::string name_of_log(const std::string& node, const std::filesystem::path& log);
/// The node under whose name a log's events are kept.
std::string node_of_log(const std::string& node, const std::filesystem::path& log);
/// Stands for the path of the journal in both.
inline const std::filesystem::path journal_log = "journal";

class Outcomes {
  public:
    explicit Outcomes(OutcomesSettings settings);
    ~Outcomes(); ///< stop()

    void start();
    void stop();

  private:
    struct Follow; // one log
    void loop();
    void note_trouble(const std::filesystem::path& log, const Error& error);
    Result<bool> step(const std::filesystem::path& log); // true when there was something new
    Result<Follow*> follow(const std::filesystem::path& log);
    std::unique_ptr<LogSource> open(const std::filesystem::path& log, const store::LogPosition& from) const;
    Result<void> find_senders(Follow& follow);
    void take_lines(Follow& follow, const std::vector<std::string>& lines);
    Result<bool> commit(Follow& follow);

    OutcomesSettings settings_;
    KeyedHash hash_;
    store::Database database_;
    respond::StopFlag stop_;
    std::map<std::filesystem::path, std::unique_ptr<Follow>> follows_;
    std::map<std::filesystem::path, metrics::Gauge*> readable_; // of each log
    /// A log that cannot be followed now: told once, tried again later.
    struct Trouble {
        std::string complaint;
        std::chrono::steady_clock::time_point until{};
    };
    std::map<std::filesystem::path, Trouble> troubles_;
    std::thread thread_;
};

} // namespace lazaret::engine
