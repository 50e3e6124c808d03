#pragma once
// Takes events over from PostgreSQL, per node in the order of their sequence, in batches; each batch is one
// transaction with everything that follows from it. One thread. Of several engines on one database one is at
// work, the others stand by.

#include "core/time.hpp"
#include "engine/suspect.hpp"
#include "respond/stop_flag.hpp"
#include "store/database.hpp"
#include "store/listener.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace lazaret::engine {

struct IngestSettings {
    store::DatabaseSettings database;
    detect::Options detection;
    Policy policy;
    Duration tick = std::chrono::seconds(1);
    Duration quiet =
        std::chrono::hours(24); ///< an incident without confinement closes after this long without evidence
    Duration close_every = std::chrono::seconds(30);
    std::size_t batch = 5000;
};

class Ingest {
  public:
    explicit Ingest(IngestSettings settings);
    ~Ingest(); ///< stop()

    void start();
    void stop(); ///< after the transaction in progress

  private:
    void loop();
    bool take_over();                                                         // true when at work
    Result<void> round();                                                     // all that is there
    Result<bool> take_batch(const std::string& node, std::uint64_t position); // false when the node is done
    Result<void> close_quiet();
    void wait_for_events();
    void lost(const Error& error);
    void found();

    IngestSettings settings_;
    store::Response response_;
    Suspects suspects_;
    store::Database database_, guard_;
    store::Listener listener_;
    respond::StopFlag stop_;
    std::int64_t term_ = 0; // 0: not at work
    std::map<std::string, std::uint64_t> cursors_;
    Time caught_up_{}, closed_{};
    bool was_lost_ = false, stands_by_ = false;
    std::string complaint_;
    std::thread thread_;
};

} // namespace lazaret::engine
