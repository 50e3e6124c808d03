#pragma once
// Follows Postfix's log files and turns what they say about our messages into events of type delivery_result.
// One thread for all logs. Position, events and what waits change in one transaction; on any trouble it
// begins anew from there.

#include "core/hash.hpp"
#include "engine/deliveries.hpp"
#include "engine/log_file.hpp"
#include "respond/stop_flag.hpp"
#include "store/database.hpp"

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
    std::string hash_key;
    Duration poll = std::chrono::milliseconds(100);
};

/// The name under which the position in this node's log is kept.
std::string name_of_log(const std::string& node, const std::filesystem::path& log);
/// The node under whose name a log's events are kept.
std::string node_of_log(const std::string& node, const std::filesystem::path& log);

class Outcomes {
  public:
    explicit Outcomes(OutcomesSettings settings);
    ~Outcomes(); ///< stop()

    void start();
    void stop();

  private:
    struct Follow; // one log
    void loop();
    Result<bool> step(const std::filesystem::path& log); // true when there was something new
    Result<Follow*> follow(const std::filesystem::path& log);
    Result<void> find_senders(Follow& follow);
    void take_lines(Follow& follow, const std::vector<std::string>& lines);
    Result<bool> commit(Follow& follow);

    OutcomesSettings settings_;
    KeyedHash hash_;
    store::Database database_;
    respond::StopFlag stop_;
    std::map<std::filesystem::path, std::unique_ptr<Follow>> follows_;
    std::string complaint_;
    std::thread thread_;
};

} // namespace lazaret::engine
