#include "engine/ingest.hpp"

#include "core/ids.hpp"
#include "engine/metrics.hpp"
#include "log/log.hpp"
#include "store/events.hpp"

#include <algorithm>
#include <map>

namespace lazaret::engine {
namespace {

using namespace std::chrono_literals;
constexpr Duration taken_together = 5min; // of a node, before the others have their turn
constexpr Duration pause_when_away = 500ms, pause_when_standing_by = 1s, share_every = 1s;

/// Those that stand at the lowest sequence, and the next higher one, where others stand.
struct Hindmost {
    store::Shards shards;
    std::uint64_t at = UINT64_MAX, upto = UINT64_MAX;
};
Hindmost hindmost(const store::Shards& owned, const std::map<int, std::uint64_t>& cursors) {
    Hindmost out;
    for (const int shard : owned) {
        const auto found = cursors.find(shard);
        const auto at = found == cursors.end() ? 0 : found->second;
        if (at < out.at) {
            out.upto = out.at;
            out.at = at;
            out.shards.clear();
        }
        if (at == out.at)
            out.shards.insert(shard);
        else
            out.upto = std::min(out.upto, at);
    }
    return out;
}

double seconds(Duration length) {
    return std::chrono::duration<double>(length).count();
}

} // namespace

Ingest::Ingest(IngestSettings settings)
    : settings_(std::move(settings)), response_(settings_.policy.response()),
      suspects_(settings_.detection, settings_.policy), retention_(settings_.exhibits, settings_.events), database_(settings_.database),
      guard_(settings_.database), listener_(settings_.database, {"lazaret_events", "lazaret_snapshot"}),
      name_(settings_.policy.node + "." + random_token().substr(0, 12)) {}

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
        if (!share()) continue;
        auto done = round();
        if (done) done = close_quiet();
        if (done && owned_.contains(0)) done = retention_.sweep(database_, now());
        if (!done) {
            lost(done.error());
            continue;
        }
        found();
        wait_for_events();
    }
}

bool Ingest::share() {
    const Time at = now();
    if (!owned_.empty() && at - shared_ < share_every && at >= shared_) return true;
    if (!listener_.connected())
        if (auto connected = listener_.connect(); !connected) {
            lost(connected.error());
            return false;
        }
    auto shards = store::share_shards(guard_, name_, owned_);
    if (!shards) {
        lost(shards.error());
        return false;
    }
    numbers().db_up.Set(1);
    if (shards->empty()) {
        if (!std::exchange(stands_by_, true)) log::info("standing_by", "other engines are at work on all subscribers");
        stop_.wait(pause_when_standing_by);
        // PostgreSQL keeps notifications of all databases until the slowest listener has read them.
        if (auto read = listener_.wait({}); !read) lost(read.error());
        return false;
    }
    shared_ = at;
    if (*shards == owned_) return true;
    if (auto begun = begin(*shards); !begun) {
        lost(begun.error());
        return false;
    }
    return true;
}

Result<void> Ingest::begin(const store::Shards& fresh) {
    auto cursors = store::load_cursors(database_);
    if (!cursors) return cursors.error();
    suspects_.forget();
    if (owned_.empty()) {
        suspects_.forget_campaigns();
        campaigns_since_ = Time{};
        if (auto heard = hear_of_campaigns(); !heard) return heard;
    }
    cursors_ = std::move(*cursors);
    owned_ = fresh;
    stands_by_ = false;
    numbers().active.Set(1);
    numbers().shards.Set(static_cast<double>(owned_.size()));
    log::info("at_work", "this engine reads events and decides",
              {{"engine", name_}, {"shards", owned_.size()}, {"of", store::shard_count}, {"threshold", suspects_.threshold()}});
    return {};
}

Result<void> Ingest::hear_of_campaigns() {
    auto changes = store::load_campaigns(database_, campaigns_since_);
    if (!changes) return changes.error();
    suspects_.learn(changes->rows);
    campaigns_since_ = changes->until;
    return {};
}

Result<void> Ingest::round() {
    auto positions = store::nodes(database_);
    if (!positions) return positions.error();
    if (owned_.size() < store::shard_count)
        if (auto heard = hear_of_campaigns(); !heard) return heard;
    std::vector<Waiting> waiting;
    for (auto& position : *positions) {
        Waiting one;
        one.node = std::move(position.node);
        one.position = position.sequence;
        if (auto looked = look_ahead(one); !looked) return looked;
        if (one.next) waiting.push_back(std::move(one));
    }
    while (!waiting.empty() && !stop_.is_set() && now() - shared_ < 10 * share_every) {
        std::ranges::sort(waiting, {}, &Waiting::next);
        const Time until = waiting.size() > 1 ? *waiting[1].next + taken_together : Time::max();
        auto taken = take_batch(waiting[0].node, waiting[0].position, until);
        if (!taken) return taken.error();
        if (auto looked = look_ahead(waiting[0]); !looked) return looked;
        if (!*taken || !waiting[0].next) waiting.erase(waiting.begin());
    }
    caught_up_ = now();
    return {};
}

Result<void> Ingest::look_ahead(Waiting& one) {
    one.next.reset();
    const auto at = hindmost(owned_, cursors_[one.node]).at;
    if (at >= one.position) return {};
    auto next = store::next_event_at(database_, one.node, at);
    if (!next) return next.error();
    one.next = next->value_or(Time::min()); // none up to the position: there the cursor moves to
    return {};
}

Result<bool> Ingest::take_batch(const std::string& node, std::uint64_t position, Time until) {
    const Hindmost from = hindmost(owned_, cursors_[node]);
    if (from.at >= position) return false;
    const auto end = std::min(from.upto, position);
    auto events = store::read_events(database_, node, from.shards, from.at, end, settings_.batch);
    if (!events) return events.error();

    store::EngineBatch batch;
    batch.engine = name_;
    batch.node = node;
    batch.shards = from.shards;
    batch.after = from.at;
    // Fewer than asked for: that was all, and sequences without an event up to the end will never have one.
    const bool is_all = events->size() < settings_.batch;
    const auto later = std::ranges::find_if(*events, [until](const event::Event& event) { return event.at > until; });
    const bool is_cut = !events->empty() && later != events->end();
    if (is_cut) events->erase(std::max(later, events->begin() + 1), events->end());
    batch.upto = is_all && !is_cut ? end : events->back().sequence;

    const Time at = now();
    auto effects = suspects_.consider(database_, *events, at);
    if (!effects) return effects.error();
    batch.states = std::move(effects->states);
    batch.campaigns = std::move(effects->campaigns);
    batch.convictions = std::move(effects->convictions);
    auto done = store::commit_batch(database_, batch, response_);
    if (!done) return done.error();

    suspects_.keep();
    suspects_.learn(done->campaigns);
    for (const int shard : from.shards)
        cursors_[node][shard] = batch.upto;
    std::map<event::Type, std::size_t> counts;
    for (const auto& event : *events)
        ++counts[event.type];
    for (const auto& [type, count] : counts)
        numbers().count_events(type, count);
    for (const auto& conviction : batch.convictions)
        numbers().decision_delay.Observe(seconds(now() - conviction.at));
    report(done->outcomes);
    numbers().lag.Set(events->empty() ? 0 : std::max(0.0, seconds(now() - events->back().at)));
    return true;
}

Result<void> Ingest::close_quiet() {
    const Time at = now();
    if (!owned_.contains(0) || (at - closed_ < settings_.close_every && at >= closed_)) return {};
    auto closed = store::close_incidents(database_, name_, settings_.quiet, response_.notice);
    if (!closed) return closed.error();
    report(*closed);
    using std::chrono::floor, std::chrono::days;
    const auto today = static_cast<std::int32_t>(floor<days>(at.time_since_epoch()).count());
    if (auto forgotten = store::forget_campaigns(database_, today - 2); !forgotten) return forgotten;
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
    owned_.clear();
    suspects_.forget();
    numbers().active.Set(0);
    numbers().shards.Set(0);
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
