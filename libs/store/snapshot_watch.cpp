#include "store/snapshot_watch.hpp"

#include "core/file.hpp"
#include "log/log.hpp"
#include "store/directory.hpp"
#include "store/files.hpp"
#include "store/listener.hpp"
#include "store/quarantine.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace lazaret::store {

namespace {

using Clock = std::chrono::steady_clock;
using subscriber::Directory;
using subscriber::QuarantineList;
using subscriber::Snapshot;

constexpr auto shortest_back_off = std::chrono::milliseconds(100);
constexpr auto longest_back_off = std::chrono::milliseconds(5000);
constexpr std::uint64_t largest_file = 4ull << 30;

} // namespace

struct SnapshotWatch::Watch {
    const SnapshotWatchSettings settings;
    const Publish publish;
    std::atomic<bool> connected{false};
    std::atomic<Time> loaded_at{Time{}};

    std::mutex current_mutex; // held while publishing: subscribers see snapshots in order
    Snapshot current;

    std::mutex mutex; // of what follows
    std::condition_variable changed;
    bool stop = false;
    bool want_directory = false;
    bool want_save = false;

    Listener listener;
    Database confinements, directory; // the watching and the loading thread's
    std::thread watching, loading;

    Watch(SnapshotWatchSettings s, Publish p)
        : settings(std::move(s)), publish(std::move(p)), listener(settings.database, {"lazaret_snapshot"}),
          confinements(settings.database), directory(settings.database) {}

    // Makes a snapshot out of the current one by changing it, and publishes that.
    template <class Change> void replace(Change change) {
        std::lock_guard lock(current_mutex);
        change(current);
        publish(std::make_shared<const Snapshot>(current));
    }

    // Waits, false when stopping.
    bool rest(Duration length) {
        std::unique_lock lock(mutex);
        return !changed.wait_for(lock, length, [&] { return stop; });
    }
    bool stopping() {
        std::lock_guard lock(mutex);
        return stop;
    }
    void ask(bool Watch::*what) {
        {
            std::lock_guard lock(mutex);
            this->*what = true;
        }
        changed.notify_all();
    }

    Result<std::shared_ptr<const QuarantineList>> load_confinements() {
        auto entries = load_quarantine(confinements);
        if (!entries) return entries.error();
        return std::make_shared<const QuarantineList>(std::move(*entries));
    }
    Result<std::shared_ptr<const Directory>> load_accounts() {
        auto rows = load_directory(directory);
        if (!rows) return rows.error();
        return std::make_shared<const Directory>(std::move(*rows));
    }

    Result<Snapshot> first_from_database() {
        // Listening begins before loading, so that no change falls between.
        if (auto done = listener.connect(); !done) return done.error();
        auto accounts = load_accounts();
        if (!accounts) return accounts.error();
        auto list = load_confinements();
        if (!list) return list.error();
        return Snapshot{*accounts, *list};
    }

    Result<Snapshot> first_from_file() {
        auto text = read_file(settings.file, largest_file);
        if (!text) return text.error();
        auto snapshot = subscriber::from_json(*text);
        if (!snapshot) return Error(settings.file.string() + " is no snapshot: " + snapshot.error().message);
        return snapshot;
    }

    Result<void> start() {
        auto first = first_from_database();
        if (first) {
            connected = true;
            loaded_at = now();
            want_save = true;
        } else {
            const Error refused = first.error();
            first = first_from_file();
            if (!first)
                return Error("neither database nor snapshot file: " + refused.message + "; " +
                                 first.error().message,
                             refused.transient);
            std::error_code code;
            auto written = std::filesystem::last_write_time(settings.file, code);
            loaded_at = std::chrono::time_point_cast<Duration>(std::chrono::file_clock::to_sys(written));
            log::warn("snapshot_from_file", "the database is away; going on with the saved snapshot",
                      {{"file", settings.file.string()},
                       {"written", format_rfc3339(loaded_at.load())},
                       {"error", refused.message}});
            want_directory = true;
        }
        replace([&](Snapshot& snapshot) { snapshot = *first; });
        watching = std::thread([this] { watch(); });
        loading = std::thread([this] { load(); });
        return {};
    }

    void end() {
        ask(&Watch::stop);
        listener.wake();
        if (watching.joinable()) watching.join();
        if (loading.joinable()) loading.join();
        connected = false;
    }

    Result<void> reload_confinements() {
        auto list = load_confinements();
        if (!list) return list.error();
        replace([&](Snapshot& snapshot) { snapshot.quarantine = *list; });
        loaded_at = now();
        ask(&Watch::want_save);
        return {};
    }

    // One turn of watch() on a connection that listens.
    Result<void> follow(Clock::time_point& next_full) {
        if (!connected) {
            if (auto done = listener.connect(); !done) return done;
            if (auto done = reload_confinements(); !done) return done;
            ask(&Watch::want_directory);
            connected = true;
            log::info("snapshot_database_up", "changes in the database arrive again");
        }
        auto left = std::chrono::duration_cast<Duration>(next_full - Clock::now());
        auto heard = listener.wait(std::max(left, Duration::zero()));
        if (!heard) return heard.error();
        bool full = Clock::now() >= next_full;
        if (full) next_full = Clock::now() + settings.full_reload;
        bool list = full, accounts = full;
        for (const Notification& notification : *heard)
            (notification.payload == "quarantine" ? list : accounts) = true;
        if (accounts) ask(&Watch::want_directory);
        if (list) return reload_confinements();
        return {};
    }

    void watch() {
        auto next_full = Clock::now() + settings.full_reload;
        auto back_off = Duration(shortest_back_off);
        while (!stopping()) {
            if (auto done = follow(next_full); done) {
                back_off = shortest_back_off;
                continue;
            } else if (connected.exchange(false)) {
                log::warn("snapshot_database_down", "going on with the last snapshot",
                          {{"error", done.error().message}});
            }
            confinements.disconnect();
            rest(back_off);
            back_off = std::min<Duration>(back_off * 2, longest_back_off);
        }
    }

    // What takes long with many subscribers: loading the directory, and saving everything.
    void load() {
        auto next_save = Clock::now();
        std::unique_lock lock(mutex);
        for (;;) {
            if (!stop && !want_directory) {
                if (want_save)
                    changed.wait_until(lock, next_save, [&] { return stop || want_directory; });
                else
                    changed.wait(lock, [&] { return stop || want_directory || want_save; });
            }
            if (stop && !want_save) return;
            if (want_directory && !stop) {
                want_directory = false;
                lock.unlock();
                if (auto accounts = load_accounts()) {
                    replace([&](Snapshot& snapshot) { snapshot.directory = *accounts; });
                    loaded_at = now();
                    lock.lock();
                    want_save = true;
                } else {
                    directory.disconnect();
                    rest(std::chrono::seconds(1));
                    lock.lock();
                    want_directory = true;
                }
                continue;
            }
            if (want_save && (stop || Clock::now() >= next_save)) {
                want_save = false;
                lock.unlock();
                auto began = Clock::now();
                save();
                lock.lock();
                next_save = Clock::now() + 10 * (Clock::now() - began); // a tenth of one core at most
            }
        }
    }

    void save() {
        Snapshot snapshot;
        {
            std::lock_guard lock(current_mutex);
            snapshot = current;
        }
        if (auto done = write_file(settings.file, subscriber::to_json(snapshot)); !done)
            log::error("snapshot_not_saved", "a restart without the database would use an older snapshot",
                       {{"error", done.error().message}});
    }
};

SnapshotWatch::SnapshotWatch(SnapshotWatchSettings settings, Publish publish)
    : watch_(std::make_unique<Watch>(std::move(settings), std::move(publish))) {}

SnapshotWatch::~SnapshotWatch() {
    stop();
}

Result<void> SnapshotWatch::start() {
    return watch_->start();
}

void SnapshotWatch::stop() {
    watch_->end();
}

bool SnapshotWatch::connected() const {
    return watch_->connected;
}

Time SnapshotWatch::loaded_at() const {
    return watch_->loaded_at;
}

} // namespace lazaret::store
