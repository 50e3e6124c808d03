#include "engine/outcomes.hpp"

#include "core/text.hpp"
#include "engine/log_file.hpp"
#include "engine/log_journal.hpp"
#include "engine/metrics.hpp"
#include "log/log.hpp"
#include "store/log_position.hpp"

#include <algorithm>
#include <ctime>

namespace lazaret::engine {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t most_asked = 5000;
constexpr auto until_tried_again = 1s;
constexpr Duration oldest_of_use = 7 * 24h; // longer than any message waits in a queue

/// Old-style stamps are in the machine's local time.
Duration zone_offset(Time at) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::tm local{};
    if (!localtime_r(&seconds, &local)) return {};
    return std::chrono::seconds(local.tm_gmtoff);
}

} // namespace

struct Outcomes::Follow {
    Follow(const std::string& node, const std::filesystem::path& path, std::unique_ptr<LogSource> from,
           std::optional<store::LogPosition> where, const KeyedHash& hash)
        : source(std::move(from)), committed(std::move(where)), deliveries(hash) {
        batch.log = name_of_log(node, path);
        batch.node = node_of_log(node, path);
    }
    const std::unique_ptr<LogSource> source;
    std::optional<store::LogPosition> committed;
    Deliveries deliveries;
    store::LogBatch batch;
};

std::string name_of_log(const std::string& node, const std::filesystem::path& log) {
    return node + ":" + log.string();
}

std::string node_of_log(const std::string& node, const std::filesystem::path& log) {
    return node + ":postfix:" + log.filename().string() + ":" + hex_encode(sha256(log.string()).substr(0, 4));
}

Outcomes::Outcomes(OutcomesSettings settings)
    : settings_(std::move(settings)), hash_(settings_.hash_key), database_(settings_.database) {
    if (!settings_.units.empty()) settings_.logs.push_back(journal_log);
    for (const auto& log : settings_.logs)
        readable_[log] = &postfix_log_readable(log.string());
}

Outcomes::~Outcomes() {
    stop();
}

void Outcomes::start() {
    if (!settings_.logs.empty()) thread_ = std::thread([this] { loop(); });
}

void Outcomes::stop() {
    stop_.set();
    if (thread_.joinable()) thread_.join();
}

void Outcomes::loop() {
    while (!stop_.is_set()) {
        bool busy = false;
        for (const auto& log : settings_.logs) {
            const auto trouble = troubles_.find(log);
            if (trouble != troubles_.end() && std::chrono::steady_clock::now() < trouble->second.until) continue;
            auto stepped = step(log);
            if (stepped)
                busy |= *stepped;
            else
                note_trouble(log, stepped.error());
        }
        if (!busy) stop_.wait(settings_.poll);
    }
}

void Outcomes::note_trouble(const std::filesystem::path& log, const Error& error) {
    follows_.erase(log); // what was read and not committed is read again
    Trouble& trouble = troubles_[log];
    trouble.until = std::chrono::steady_clock::now() + until_tried_again;
    if (error.message == trouble.complaint) return;
    trouble.complaint = error.message;
    log::warn("log_not_followed", error.message, {{"log", log.string()}});
}

Result<bool> Outcomes::step(const std::filesystem::path& log) {
    auto following = follow(log);
    if (!following) return following.error();
    Follow& now_at = **following;
    auto lines = now_at.source->read();
    readable_.at(log)->Set(lines && now_at.source->is_there() ? 1 : 0);
    if (!lines) return lines.error();
    take_lines(now_at, *lines);
    if (auto asked = find_senders(now_at); !asked) return asked.error();
    auto committed = commit(now_at);
    if (!committed) return committed.error();
    if (*committed) troubles_.erase(log);
    return !lines->empty();
}

Result<Outcomes::Follow*> Outcomes::follow(const std::filesystem::path& log) {
    auto& held = follows_[log];
    if (held) return held.get();
    const std::string name = name_of_log(settings_.node, log);
    auto position = store::load_log_position(database_, name);
    if (!position) return position.error();
    auto pending = store::load_pending(database_, name);
    if (!pending) return pending.error();
    auto source = open(log, position->value_or(store::LogPosition()));
    held = std::make_unique<Follow>(settings_.node, log, std::move(source), *position, hash_);
    held->deliveries.restore(*pending);
    if (!troubles_.contains(log))
        log::info("log_followed", "reading delivery results",
                  {{"log", log.string()},
                   {"offset", *position ? (*position)->offset : 0},
                   {"pending", pending->size()}});
    return held.get();
}

std::unique_ptr<LogSource> Outcomes::open(const std::filesystem::path& log, const store::LogPosition& from) const {
    if (log == journal_log)
        return std::make_unique<LogJournal>(settings_.journalctl, settings_.units, from.cursor, now() - oldest_of_use);
    return std::make_unique<LogFile>(log, from.inode, from.offset);
}

void Outcomes::take_lines(Follow& follow, const std::vector<std::string>& lines) {
    const Time present = now();
    const Duration offset = zone_offset(present);
    for (const auto& line : lines) {
        const auto parsed = detect::parse_postfix_line(line);
        if (std::holds_alternative<detect::Other>(parsed.what)) continue;
        Time at = present;
        // A log that is older than any evidence, or from the future, says when it is read and not when it
        // was.
        if (auto said = detect::log_time(parsed.stamp, present, offset);
            said && present - *said < oldest_of_use && *said <= present)
            at = *said;
        follow.deliveries.take(parsed, at, present);
    }
    numbers().log_lines.Increment(static_cast<double>(lines.size()));
}

Result<void> Outcomes::find_senders(Follow& follow) {
    const auto traces = follow.deliveries.wanted(most_asked);
    if (traces.empty()) return {};
    auto origins = store::find_origins(database_, traces, follow.deliveries.oldest_wanted() - 24h);
    if (!origins) return origins.error();
    follow.deliveries.resolve(*origins);
    return {};
}

Result<bool> Outcomes::commit(Follow& follow) {
    auto changes = follow.deliveries.collect(now());
    store::LogPosition position;
    follow.source->tell_position(position);
    position.sequence = follow.committed ? follow.committed->sequence : 0;
    for (auto& event : changes.events)
        event.sequence = ++position.sequence;
    if (changes.empty() && follow.committed == position) return false;
    if (changes.empty() && position.inode == 0 && position.cursor.empty()) return false; // nothing was read yet
    follow.batch.before = follow.committed;
    follow.batch.position = position;
    follow.batch.events = std::move(changes.events);
    follow.batch.add = std::move(changes.add);
    follow.batch.remove = std::move(changes.remove);
    auto ids = store::commit_log(database_, follow.batch);
    if (!ids) return ids.error();
    follow.committed = position;
    follow.deliveries.saved(*ids);
    numbers().unresolved.Increment(static_cast<double>(changes.unresolved));
    for (const auto& event : follow.batch.events)
        numbers().count_delivery(event.delivery);
    return true;
}

} // namespace lazaret::engine
