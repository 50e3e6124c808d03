#pragma once
// Takes events from the journal into PostgreSQL by COPY: at least once, keyed (node, sequence), so that a
// repeat changes nothing.

#include "store/database.hpp"
#include "store/journal.hpp"

#include <atomic>
#include <cstdint>
#include <span>
#include <thread>

namespace lazaret::store {

struct ShipperSettings {
    DatabaseSettings database;
    std::size_t batch = 1000;                        ///< events per transaction
    Duration gather = std::chrono::milliseconds(50); ///< how long a small batch waits for more
    Duration longest_back_off = std::chrono::seconds(5);
};

/// Runs one thread of its own. With the database away it tries again and again; the events wait in the
/// journal.
class Shipper {
  public:
    Shipper(Journal& journal, ShipperSettings settings); ///< the journal must outlive it
    ~Shipper();                                          ///< stop(0)

    void start();
    /// Ships what is there for at most `drain`, then ends the thread.
    void stop(Duration drain = Duration::zero());

    std::uint64_t depth() const; ///< events that are not in PostgreSQL yet
    bool database_up() const { return up_.load(std::memory_order_relaxed); }
    std::uint64_t shipped() const { return shipped_.load(std::memory_order_relaxed); } ///< since start
    std::uint64_t dropped() const {
        return dropped_.load(std::memory_order_relaxed);
    } ///< that PostgreSQL cannot hold; logged

  private:
    void loop();
    bool ended() const;
    void pause(Duration length); ///< shorter when ended
    void pause_until_gathered();
    Result<void> find_position(Database& database);
    Result<void> ship_batch(Database& database);
    Result<void> ship(Database& database, std::span<const Journal::Line> lines);

    Journal& journal_;
    ShipperSettings settings_;
    std::atomic<bool> up_{false};
    std::atomic<bool> stop_{false};
    std::atomic<std::int64_t> drain_until_{0}; // steady clock, microseconds
    std::atomic<std::uint64_t> position_{0}, shipped_{0}, dropped_{0};
    bool reported_ = false; // the thread's alone
    std::thread thread_;
};

} // namespace lazaret::store
