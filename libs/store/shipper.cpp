#include "store/shipper.hpp"

#include "log/log.hpp"
#include "store/event_rows.hpp"

#include <algorithm>

namespace lazaret::store {

namespace {

constexpr Duration idle_check = std::chrono::seconds(5);
constexpr Duration shortest_back_off = std::chrono::milliseconds(100);

std::int64_t steady_microseconds() {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Errors that lie in the events themselves, so that the same batch would fail for ever: bad data, a broken
/// constraint, a value beyond a limit. A missing table or right is the administrator's to mend, and the
/// events wait for that.
bool lies_in_data(const std::string& sqlstate) {
    return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54");
}

} // namespace

Shipper::Shipper(Journal& journal, ShipperSettings settings)
    : journal_(journal), settings_(std::move(settings)) {}

Shipper::~Shipper() {
    stop();
}

void Shipper::start() {
    thread_ = std::thread([this] { loop(); });
}

void Shipper::stop(Duration drain) {
    if (!thread_.joinable()) return;
    drain_until_ = steady_microseconds() + drain.count();
    stop_ = true;
    journal_.interrupt();
    thread_.join();
}

std::uint64_t Shipper::depth() const {
    std::uint64_t last = journal_.last_sequence(), done = position_.load(std::memory_order_relaxed);
    return last > done ? last - done : 0;
}

bool Shipper::ended() const {
    if (!stop_) return false;
    return depth() == 0 || steady_microseconds() >= drain_until_;
}

void Shipper::pause(Duration length) {
    auto end = steady_microseconds() + length.count();
    while (!ended()) {
        auto left = end - steady_microseconds();
        if (left <= 0) return;
        // The journal's own wait can be interrupted; asking for an event that cannot be there makes it a
        // plain sleep.
        journal_.wait_beyond(UINT64_MAX, Duration(std::min<std::int64_t>(left, 100'000)));
    }
}

void Shipper::loop() {
    Database database(settings_.database);
    Duration back_off = shortest_back_off;
    bool known = false; // whether position_ is what the database says
    std::int64_t checked = 0;
    while (!ended()) {
        Result<void> done;
        if (!known || steady_microseconds() - checked > idle_check.count()) {
            done = find_position(database);
            known = bool(done);
            checked = steady_microseconds();
        }
        if (known && journal_.wait_beyond(position_, std::chrono::seconds(1))) {
            if (depth() < settings_.batch) pause_until_gathered();
            done = ship_batch(database);
            checked = steady_microseconds();
        }
        if (done) {
            if (!up_.exchange(true))
                log::info("shipper_up", "events go into the database", {{"waiting", depth()}});
            back_off = shortest_back_off;
            continue;
        }
        known = false;
        database.disconnect();
        if (up_.exchange(false) || !reported_) {
            reported_ = true;
            log::warn("shipper_down", "events wait in the journal",
                      {{"waiting", depth()}, {"error", done.error().message}});
        }
        pause(back_off);
        back_off = std::min(back_off * 2, settings_.longest_back_off);
    }
    up_ = false;
}

void Shipper::pause_until_gathered() {
    auto end = steady_microseconds() + settings_.gather.count();
    while (!stop_ && depth() < settings_.batch) {
        auto left = end - steady_microseconds();
        if (left <= 0) return;
        journal_.wait_beyond(position_ + settings_.batch, Duration(left));
    }
}

Result<void> Shipper::find_position(Database& database) {
    const std::string& node = journal_.settings().node;
    auto found = run(database, "read the journal's position", [&](pqxx::work& tx) -> std::uint64_t {
        auto result = tx.exec_params("SELECT sequence FROM journal_position WHERE node = $1", node);
        return result.empty() ? 0 : static_cast<std::uint64_t>(result[0][0].as<std::int64_t>());
    });
    if (!found) return found.error();
    if (*found <= journal_.last_sequence()) {
        position_ = *found;
        return {};
    }
    // The journal was lost while the database was not. What has been written since then is numbered too low:
    // it is put into the table, and new events get numbers that were never used.
    log::error("journal_behind",
               "the database knows later events of this node than the journal; numbers jump ahead",
               {{"node", node}, {"journal", journal_.last_sequence()}, {"database", *found}});
    if (auto synced = journal_.sync(); !synced) return synced;
    std::uint64_t from = 0;
    for (;;) {
        auto lines = journal_.read_after(from, settings_.batch);
        if (!lines) return lines.error();
        if (lines->empty()) break;
        if (auto done = ship(database, *lines); !done) return done;
        from = lines->back().sequence;
        if (stop_ && steady_microseconds() >= drain_until_) return Error("stopped", true);
    }
    if (auto done = journal_.advance_to(*found); !done) return done;
    position_ = *found;
    return {};
}

Result<void> Shipper::ship_batch(Database& database) {
    auto lines = journal_.read_after(position_, settings_.batch);
    if (!lines) return lines.error();
    if (lines->empty()) return Error("the journal has lost events after " + std::to_string(position_.load()));
    if (lines->front().sequence != position_ + 1)
        log::error("events_missing", "events that the database does not have are no longer in the journal",
                   {{"from", position_ + 1}, {"to", lines->front().sequence - 1}});
    // After a power loss the database must not know events that the disk does not.
    if (auto synced = journal_.sync(); !synced) return synced;
    if (auto done = ship(database, *lines); !done) return done;
    position_ = lines->back().sequence;
    return journal_.remove_through(position_);
}

Result<void> Shipper::ship(Database& database, std::span<const Journal::Line> lines) {
    std::vector<event::Event> events;
    events.reserve(lines.size());
    std::uint64_t unreadable = 0;
    for (const Journal::Line& line : lines) {
        auto read = event::from_json(line.json);
        if (!read) {
            ++unreadable;
            log::error("event_unreadable", "an event in the journal cannot be read and is left out",
                       {{"sequence", line.sequence}, {"error", read.error().message}});
            continue;
        }
        read->sequence = line.sequence;
        events.push_back(std::move(*read));
    }
    bool data = false;
    auto done = run(database, "ship events", [&](pqxx::work& tx) {
        try {
            insert_events(tx, journal_.settings().node, events);
            move_journal_position(tx, journal_.settings().node, lines.back().sequence);
        } catch (const pqxx::sql_error& error) {
            data = lies_in_data(error.sqlstate());
            throw;
        }
    });
    if (done) {
        dropped_ += unreadable;
        shipped_ += events.size();
        return {};
    }
    if (!data || events.empty()) return done;
    if (lines.size() > 1) { // one bad event must not hold up the others
        auto middle = lines.size() / 2;
        if (auto first = ship(database, lines.first(middle)); !first) return first;
        return ship(database, lines.subspan(middle));
    }
    log::error("event_dropped", "PostgreSQL cannot hold this event; it is left out",
               {{"sequence", lines[0].sequence}, {"error", done.error().message}});
    ++dropped_;
    return run(database, "skip an event", [&](pqxx::work& tx) {
        move_journal_position(tx, journal_.settings().node, lines[0].sequence);
    });
}

} // namespace lazaret::store
