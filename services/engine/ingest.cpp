#include "engine/ingest.hpp"

#include "engine/metrics.hpp"
#include "log/log.hpp"
#include "store/events.hpp"

#include <algorithm>

namespace lazaret::engine {
namespace {

using namespace std::chrono_literals;
constexpr Duration pause_when_away = 500ms, pause_when_standing_by = 1s;

double seconds(Duration length) {
    return std::chrono::duration<double>(length).count();
}

} // namespace

Ingest::Ingest(IngestSettings settings)
    : settings_(std::move(settings)), response_(settings_.policy.response()),
      suspects_(settings_.detection, settings_.policy), database_(settings_.database),
      guard_(settings_.database), listener_(settings_.database, {"lazaret_events", "lazaret_snapshot"}) {}

Ingest::~Ingest() {
    stop();
}

void Ingest::start() {
    thread_ = std::thread([this] { loop(); });
}

void Ingest::stop() {
    stop_.set();
    listener_.wake();
    if (thread_.joinable()) thread_.join();
    guard_.disconnect(); // gives the work to whoever stands by
}

void Ingest::loop() {
    caught_up_ = now();
    while (!stop_.is_set()) {
        if (term_ == 0 && !take_over()) continue;
        auto done = round();
        if (done) done = close_quiet();
        if (!done) {
            lost(done.error());
            continue;
        }
        found();
        wait_for_events();
    }
}

bool Ingest::take_over() {
    if (!listener_.connected())
        if (auto connected = listener_.connect(); !connected) {
            lost(connected.error());
            return false;
        }
    auto term = store::become_engine(guard_);
    if (!term) {
        lost(term.error());
        return false;
    }
    numbers().db_up.Set(1);
    if (!*term) {
        if (!std::exchange(stands_by_, true))
            log::info("standing_by", "another engine is at work on this database");
        stop_.wait(pause_when_standing_by);
        // PostgreSQL keeps notifications of all databases until the slowest listener has read them.
        if (auto read = listener_.wait({}); !read) lost(read.error());
        return false;
    }
    auto cursors = store::load_cursors(database_);
    if (!cursors) {
        lost(cursors.error());
        return false;
    }
    suspects_.forget();
    cursors_ = std::move(*cursors);
    term_ = **term;
    stands_by_ = false;
    numbers().active.Set(1);
    log::info("at_work", "this engine reads events and decides",
              {{"term", term_}, {"threshold", suspects_.threshold()}});
    return true;
}

Result<void> Ingest::round() {
    auto positions = store::nodes(database_);
    if (!positions) return positions.error();
    for (const auto& position : *positions) {
        for (bool more = true; more && !stop_.is_set();) {
            auto taken = take_batch(position.node, position.sequence);
            if (!taken) return taken.error();
            more = *taken;
        }
    }
    caught_up_ = now();
    return {};
}

Result<bool> Ingest::take_batch(const std::string& node, std::uint64_t position) {
    const auto after = cursors_[node];
    if (after >= position) return false;
    auto events = store::read_events(database_, node, after, settings_.batch);
    if (!events) return events.error();

    store::EngineBatch batch;
    batch.term = term_;
    batch.node = node;
    batch.after = after;
    batch.upto = events->empty() ? position : events->back().sequence;
    // Fewer than asked for: that was all, and sequences without an event up to the position will never have
    // one.
    if (events->size() < settings_.batch) batch.upto = std::max(batch.upto, position);

    const Time at = now();
    auto effects = suspects_.consider(database_, *events, at);
    if (!effects) return effects.error();
    batch.states = std::move(effects->states);
    batch.convictions = std::move(effects->convictions);
    auto outcomes = store::commit_batch(database_, batch, response_);
    if (!outcomes) return outcomes.error();

    suspects_.keep();
    cursors_[node] = batch.upto;
    std::map<event::Type, std::size_t> counts;
    for (const auto& event : *events)
        ++counts[event.type];
    for (const auto& [type, count] : counts)
        numbers().count_events(type, count);
    for (const auto& conviction : batch.convictions)
        numbers().decision_delay.Observe(seconds(now() - conviction.at));
    report(*outcomes);
    numbers().lag.Set(events->empty() ? 0 : std::max(0.0, seconds(now() - events->back().at)));
    return events->size() == settings_.batch;
}

Result<void> Ingest::close_quiet() {
    const Time at = now();
    if (at - closed_ < settings_.close_every && at >= closed_) return {};
    auto closed = store::close_incidents(database_, term_, settings_.quiet, response_.notice);
    if (!closed) return closed.error();
    report(*closed);
    closed_ = at;
    return {};
}

void Ingest::wait_for_events() {
    auto woken = listener_.wait(settings_.tick);
    if (!woken) {
        lost(woken.error());
        return;
    }
    // Somebody may have become protected, or another class.
    for (const auto& notification : *woken)
        if (notification.channel == "lazaret_snapshot" && notification.payload == "directory")
            suspects_.forget();
}

void Ingest::lost(const Error& error) {
    // Whatever the reason: begin anew from what the database holds.
    term_ = 0;
    suspects_.forget();
    numbers().active.Set(0);
    if (error.transient) {
        numbers().db_up.Set(0);
        if (!std::exchange(was_lost_, true))
            log::error("database_away", "events wait until it is back", {{"error", error.message}});
    } else if (error.message != complaint_) {
        complaint_ = error.message;
        log::error("ingest_failed", error.message);
    }
    numbers().lag.Set(seconds(now() - caught_up_));
    stop_.wait(pause_when_away);
}

void Ingest::found() {
    numbers().db_up.Set(1);
    numbers().lag.Set(0);
    complaint_.clear();
    if (std::exchange(was_lost_, false)) log::info("database_back", "events are taken over again");
}

} // namespace lazaret::engine
