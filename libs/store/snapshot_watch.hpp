#pragma once
// Keeps submission's snapshot current: loads it, listens for changes, saves it on disk for a start without a
// database.

#include "store/database.hpp"
#include "subscriber/snapshot.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace lazaret::store {

struct SnapshotWatchSettings {
    DatabaseSettings database;
    std::filesystem::path file; ///< where the snapshot is saved; mode 0600, since it holds verifiers
    Duration full_reload = std::chrono::minutes(5); ///< everything again, in case a notification was lost
};

/// Runs two threads of its own, so that a large directory's load does not hold up a confinement. With the
/// database away the last snapshot stays in force for as long as it takes.
class SnapshotWatch {
  public:
    /// Called with every new snapshot: first within start(), on the caller's thread, then on the watch's own
    /// thread. Must not block.
    using Publish = std::function<void(std::shared_ptr<const subscriber::Snapshot>)>;

    SnapshotWatch(SnapshotWatchSettings settings, Publish publish);
    ~SnapshotWatch(); ///< stops

    /// Publishes the first snapshot, from the database or else from the file; then starts the thread. An
    /// Error when there is neither, or when the database is there but refuses (no such role, no schema) and
    /// there is no file.
    Result<void> start();
    /// Returns when the thread has ended: promptly, at worst after a database timeout.
    void stop();

    /// Whether changes in the database arrive here at once.
    bool connected() const;
    /// When the snapshot in force was known to be current; for one from the file, when the file was written.
    Time loaded_at() const;

  private:
    struct Watch; // the threads and what they share
    std::unique_ptr<Watch> watch_;
};

} // namespace lazaret::store
