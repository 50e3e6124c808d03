#pragma once
// The node's events on disk, before and without PostgreSQL. Segment files dir/NNNNNNNNNNNNNNNNNNNN.log, named
// after their first sequence, hold one line of JSON per event (event/event.hpp) and are only ever appended
// to.

#include "core/result.hpp"
#include "core/time.hpp"
#include "event/event.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lazaret::store {

struct JournalSettings {
    std::filesystem::path dir;              ///< made if missing, mode 0700
    std::string node;                       ///< a directory belongs to one node for ever (file dir/node)
    std::uint64_t segment_size = 16u << 20; ///< octets after which a new segment begins
    std::uint64_t max_size = 4ull << 30;    ///< octets of all segments; beyond that append() fails
};

/// Thread-safe. One process per directory, held by a lock.
class Journal {
  public:
    /// Finds the last sequence and cuts a last line that a crash left torn. Errors: not writable, another
    /// process has it, it belongs to another node, a line in the middle is damaged.
    static Result<std::unique_ptr<Journal>> open(JournalSettings settings);
    ~Journal(); ///< syncs

    /// Gives the event its sequence and writes it with one write(2): after return it outlives the death of
    /// this process; that of the machine after at most a second. Transient Error when max_size is reached or
    /// the disk is full: defer the mail.
    Result<std::uint64_t> append(event::Event event);
    /// True while append() would be refused for size, and after a failed write or sync until one succeeds or
    /// a probe of the disk (at most one a second) does: ask before accepting a message.
    bool full() const;

    std::uint64_t last_sequence() const; ///< 0 = nothing ever written
    std::uint64_t size() const;          ///< octets of all segments
    Result<void> sync();                 ///< fdatasync now
    const JournalSettings& settings() const { return settings_; }

    // For the shipper, one thread.
    struct Line {
        std::uint64_t sequence = 0;
        std::string json;
    };
    /// Events after `sequence` in order, at most `limit`; those before the oldest segment are gone and
    /// skipped.
    Result<std::vector<Line>> read_after(std::uint64_t sequence, std::size_t limit) const;
    /// Waits until there is an event after `sequence`; false after `timeout` or interrupt().
    bool wait_beyond(std::uint64_t sequence, Duration timeout);
    void interrupt();
    /// Deletes segments whose events are all at or before `sequence`; the newest segment stays, so that a
    /// restart knows the last sequence.
    Result<void> remove_through(std::uint64_t sequence);
    /// The next event gets a sequence after `sequence`: the database knows more of this node than the journal
    /// does (a journal that was lost), and numbers must not be used twice.
    Result<void> advance_to(std::uint64_t sequence);

  private:
    struct Segment {
        std::filesystem::path path;
        std::uint64_t size = 0;
    };
    struct Cursor { // where read_after() stopped
        std::uint64_t next = 0, segment = 0, offset = 0;
    };
    explicit Journal(JournalSettings settings) : settings_(std::move(settings)) {}
    Result<void> prepare_directory();
    Result<void> recover();
    Result<void> begin_segment(std::uint64_t first); // under mutex_
    Result<void> sync_files();
    bool probe() const; // under mutex_
    void sync_loop();

    JournalSettings settings_;
    int lock_fd_ = -1, dir_fd_ = -1;

    mutable std::mutex mutex_;
    std::condition_variable appended_, stopping_;
    std::map<std::uint64_t, Segment> segments_; // by first sequence
    int fd_ = -1;                               // of the last segment
    std::vector<int> full_;                     // earlier ones that still want syncing and closing
    std::uint64_t last_ = 0;
    std::uint64_t size_ = 0;
    bool unsynced_ = false;
    mutable bool failed_ = false; // the last write or sync
    mutable std::chrono::steady_clock::time_point probed_;
    std::mutex syncing_; // who waits for it finds everything synced that was written before
    std::uint64_t awaited_ = UINT64_MAX; // the reader sleeps until there is an event after it
    bool interrupted_ = false;
    bool stop_ = false;
    mutable Cursor cursor_; // the reader's alone
    std::thread syncer_;
};

} // namespace lazaret::store
