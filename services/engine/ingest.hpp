#pragma once
// Takes events over from PostgreSQL, per node in the order of their sequence, in batches; each batch is one
// transaction with everything that follows from it. One thread. Several engines on one database share the
// subscribers (store/shards.hpp): who comes gets its part within seconds, who dies is replaced.

#include "core/time.hpp"
#include "engine/retention.hpp"
#include "engine/suspect.hpp"
#include "respond/stop_flag.hpp"
#include "store/database.hpp"
#include "store/listener.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
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
    Duration exhibits = std::chrono::hours(14 * 24); ///< how long they are kept
    Duration events = std::chrono::hours(90 * 24);   ///< likewise
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
    bool share();         // true when something is ours to do
    Result<void> begin(const store::Shards& fresh);
    Result<void> round(); // all that is there
    /// A node with events that have not been taken. After a pause of the engine hours of mail wait, and the results of a
    /// Postfix log are a node of their own: nodes take turns in the order of time.
    struct Waiting {
        std::string node;
        std::uint64_t position = 0; // that is complete in the database
        std::optional<Time> next;   // of the first that has not been taken
    };
    Result<void> look_ahead(Waiting& one);
    Result<bool> take_batch(const std::string& node, std::uint64_t position, Time until); // false when the node is done
    Result<void> hear_of_campaigns();
    Result<void> close_quiet();
    void wait_for_events();
    void lost(const Error& error);
    void found();

    IngestSettings settings_;
    store::Response response_;
    Suspects suspects_;
    Retention retention_;
    store::Database database_, guard_;
    store::Listener listener_;
    respond::StopFlag stop_;
    const std::string name_; // of this engine among others
    store::Shards owned_;    // none: not at work
    store::Cursors cursors_;
    Time caught_up_{}, closed_{}, shared_{}, campaigns_since_{};
    bool was_lost_ = false, stands_by_ = false;
    std::string complaint_;
    std::thread thread_;
};

} // namespace lazaret::engine
