#include "engine/outcomes.hpp"

#include "core/text.hpp"
#include "engine/metrics.hpp"
#include "log/log.hpp"
#include "store/log_position.hpp"

#include <algorithm>
#include <ctime>

namespace lazaret::engine {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t most_asked = 5000;

/// Old-style stamps are in the machine's local time.
Duration zone_offset(Time at) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    std::tm local{};
    if (!localtime_r(&seconds, &local)) return {};
    return std::chrono::seconds(local.tm_gmtoff);
}

} // namespace

struct Outcomes::Follow {
    Follow(const std::string& node, const std::filesystem::path& path, std::optional<store::LogPosition> where,
           const KeyedHash& hash)
        : file(path, where ? where->inode : 0, where ? where->offset : 0), committed(where),
          deliveries(hash) {
        batch.log = name_of_log(node, path);
        batch.node = node_of_log(node, path);
    }
    LogFile file;
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
    : settings_(std::move(settings)), hash_(settings_.hash_key), database_(settings_.database) {}

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
            auto stepped = step(log);
            if (stepped) {
                busy |= *stepped;
                continue;
            }
            follows_.erase(log); // what was read and not committed is read again
            if (stepped.error().message != complaint_) {
                complaint_ = stepped.error().message;
                log::warn("log_not_followed", complaint_, {{"log", log.string()}});
            }
            stop_.wait(500ms);
        }
        if (!busy) stop_.wait(settings_.poll);
    }
}

Result<bool> Outcomes::step(const std::filesystem::path& log) {
    auto following = follow(log);
    if (!following) return following.error();
    Follow& now_at = **following;
    auto lines = now_at.file.read();
    if (!lines) return lines.error();
    take_lines(now_at, *lines);
    if (auto asked = find_senders(now_at); !asked) return asked.error();
    auto committed = commit(now_at);
    if (!committed) return committed.error();
    if (*committed) complaint_.clear();
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
    held = std::make_unique<Follow>(settings_.node, log, *position, hash_);
    held->deliveries.restore(*pending);
    log::info("log_followed", "reading delivery results",
              {{"log", log.string()},
               {"offset", *position ? (*position)->offset : 0},
               {"pending", pending->size()}});
    return held.get();
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
            said && present - *said < 7 * 24h && *said <= present)
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
    position.inode = follow.file.inode();
    position.offset = follow.file.offset();
    position.sequence = follow.committed ? follow.committed->sequence : 0;
    for (auto& event : changes.events)
        event.sequence = ++position.sequence;
    if (changes.empty() && follow.committed == position) return false;
    if (changes.empty() && position.inode == 0) return false; // no file yet
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
