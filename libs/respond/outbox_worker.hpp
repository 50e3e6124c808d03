#pragma once
// Empties the outbox: one thread with its own database connection and its own io_context, so that a slow
// ticket system holds up nothing else.

#include "core/time.hpp"
#include "respond/delivery.hpp"
#include "respond/stop_flag.hpp"
#include "store/database.hpp"
#include "store/listener.hpp"

#include <memory>
#include <thread>

namespace lazaret::respond {

class OutboxWorker {
  public:
    /// `tick`: longest pause between two looks; new messages wake it at once.
    OutboxWorker(store::DatabaseSettings database, Target target, Duration tick);
    ~OutboxWorker(); ///< stop()

    void start();
    /// Ends after the attempt in progress.
    void stop();

  private:
    struct Counts;
    void loop();
    bool round(store::Database& database); // true when there may be more at once
    Result<void> note(store::Database& database, const store::OutboxMessage& message,
                      const Decision& decision);
    Decision deliver(const store::OutboxMessage& message);
    Duration measure(store::Database& database);

    store::DatabaseSettings settings_;
    Target target_;
    Duration tick_;
    store::Listener listener_;
    StopFlag stop_;
    std::unique_ptr<Counts> counts_;
    std::thread thread_;
};

} // namespace lazaret::respond
