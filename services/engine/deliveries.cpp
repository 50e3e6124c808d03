#include "engine/deliveries.hpp"

#include "core/text.hpp"
#include "detect/evidence.hpp"
#include "mime/mask.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace lazaret::engine {
namespace {

constexpr std::size_t most_deferred = 1000; // recipients of one message that are remembered as deferred

nlohmann::json recipient_json(const event::Recipient& recipient) {
    return nlohmann::json::array({std::to_string(recipient.hash), recipient.domain});
}

event::Recipient recipient_from(const nlohmann::json& json) {
    const auto text = json.at(0).get<std::string>();
    std::uint64_t hash = 0;
    std::from_chars(text.data(), text.data() + text.size(), hash);
    return event::Recipient(hash, json.at(1).get<std::string>());
}

} // namespace

event::Recipient Deliveries::recipient_of(const std::string& address) const {
    const std::string lower = ascii_lowercase(address);
    const auto at = lower.rfind('@');
    return event::Recipient(hash_(lower),
                            at == std::string::npos ? "" : printable(lower.substr(at + 1), 255));
}

void Deliveries::restore(const std::vector<store::PendingDelivery>& saved) {
    for (const auto& row : saved) {
        const auto json = nlohmann::json::parse(row.result, nullptr, false);
        if (!json.is_object() || !json.contains("queue_id")) continue;
        Entry entry;
        entry.trace = row.trace;
        entry.seen_at = row.seen_at;
        entry.row = row.id;
        entry.is_removed = json.value("removed", false);
        if (json.contains("subscriber")) {
            entry.is_resolved = true;
            entry.origin.subscriber = json.value("subscriber", "");
            entry.origin.account = json.value("account", "");
            if (auto client = IpAddress::parse(json.value("client", ""))) entry.origin.client = *client;
            if (auto at = parse_rfc3339(json.value("at", ""))) entry.origin.at = *at;
        }
        for (const auto& recipient : json.value("deferred", nlohmann::json::array()))
            entry.deferred.push_back(recipient_from(recipient));
        for (const auto& text : json.value("waiting", nlohmann::json::array()))
            if (auto event = event::from_json(text.get<std::string>()))
                entry.waiting.push_back(std::move(*event));
        const auto queue_id = json["queue_id"].get<std::string>();
        if (!entry.waiting.empty() && !entry.is_resolved) wanted_.insert(queue_id);
        entries_[queue_id] = std::move(entry);
    }
}

std::string Deliveries::to_json(const std::string& queue_id, const Entry& entry) {
    nlohmann::json json;
    json["queue_id"] = queue_id;
    if (entry.is_removed) json["removed"] = true;
    if (entry.is_resolved) {
        json["subscriber"] = entry.origin.subscriber;
        json["account"] = entry.origin.account;
        json["client"] = entry.origin.client.to_string();
        json["at"] = format_rfc3339(entry.origin.at);
    }
    for (const auto& recipient : entry.deferred)
        json["deferred"].push_back(recipient_json(recipient));
    for (const auto& event : entry.waiting)
        json["waiting"].push_back(event::to_json(event));
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Deliveries::take(const detect::LogLine& line, Time at, Time now) {
    if (const auto* entered = std::get_if<detect::QueueEntry>(&line.what)) {
        Entry& entry = entries_[entered->queue_id];
        // Postfix may use a short queue id again; what is saved of the old message goes.
        const auto row = entry.row;
        entry = Entry();
        entry.row = row;
        entry.trace = entered->trace;
        entry.seen_at = now;
        wanted_.erase(entered->queue_id);
        touched_.insert(entered->queue_id);
    } else if (const auto* result = std::get_if<detect::DeliveryLine>(&line.what)) {
        take_result(*result, at);
    } else if (const auto* expired = std::get_if<detect::Expired>(&line.what)) {
        take_expiry(expired->queue_id, at);
    } else if (const auto* removed = std::get_if<detect::Removed>(&line.what)) {
        if (const auto found = entries_.find(removed->queue_id); found != entries_.end()) {
            found->second.is_removed = true;
            touched_.insert(removed->queue_id);
        }
    }
}

void Deliveries::take_result(const detect::DeliveryLine& line, Time at) {
    const auto found = entries_.find(line.queue_id);
    if (found == entries_.end()) return; // not mail of ours
    Entry& entry = found->second;
    event::Event event;
    event.recipients.push_back(recipient_of(line.recipient));
    auto& deferred = entry.deferred;
    const auto before = std::find(deferred.begin(), deferred.end(), event.recipients.front());
    if (line.status == event::DeliveryStatus::deferred) {
        if (before != deferred.end()) return;
        if (deferred.size() < most_deferred) deferred.push_back(event.recipients.front());
    } else if (before != deferred.end()) {
        deferred.erase(before);
    }
    event.at = at;
    event.reason = mime::Mask({line.recipient}).reply(line.text, event::longest_reason);
    event.reply_code = line.reply_code;
    event.enhanced = line.enhanced;
    event.delivery = line.status;
    event.remote_host = line.relay;
    wait(line.queue_id, entry, std::move(event));
}

void Deliveries::take_expiry(const std::string& queue_id, Time at) {
    const auto found = entries_.find(queue_id);
    if (found == entries_.end()) return;
    for (const auto& recipient : found->second.deferred) {
        event::Event event;
        event.at = at;
        event.recipients.push_back(recipient);
        event.delivery = event::DeliveryStatus::expired;
        event.reason = "expired in the queue";
        wait(queue_id, found->second, std::move(event));
    }
    found->second.deferred.clear();
}

void Deliveries::wait(const std::string& queue_id, Entry& entry, event::Event event) {
    event.type = event::Type::delivery_result;
    event.trace = entry.trace;
    entry.waiting.push_back(std::move(event));
    if (!entry.is_resolved) wanted_.insert(queue_id);
    touched_.insert(queue_id);
}

std::vector<TraceId> Deliveries::wanted(std::size_t limit) {
    std::vector<TraceId> traces;
    auto at = wanted_.upper_bound(asked_);
    for (std::size_t n = std::min(limit, wanted_.size()); n > 0; --n, ++at) {
        if (at == wanted_.end()) at = wanted_.begin();
        traces.push_back(entries_.at(*at).trace);
        asked_ = *at;
    }
    return traces;
}

Time Deliveries::oldest_wanted() const {
    Time oldest = Time::max();
    for (const auto& queue_id : wanted_)
        oldest = std::min(oldest, detect::begin_of(entries_.at(queue_id).trace));
    return oldest;
}

void Deliveries::resolve(const std::map<TraceId, store::Origin>& origins) {
    for (auto at = wanted_.begin(); at != wanted_.end();) {
        Entry& entry = entries_.at(*at);
        const auto origin = origins.find(entry.trace);
        if (origin == origins.end()) {
            ++at;
            continue;
        }
        entry.is_resolved = true;
        entry.origin = origin->second;
        touched_.insert(*at);
        at = wanted_.erase(at);
    }
}

Deliveries::Changes Deliveries::collect(Time now) {
    Changes changes;
    // What has waited too long goes out without a sender, so that at least it can be found by its trace.
    for (const auto& queue_id : wanted_)
        if (now - entries_.at(queue_id).seen_at > patience) touched_.insert(queue_id);
    if (entries_.size() > most)
        for (const auto& [queue_id, entry] : entries_)
            if (now - entry.seen_at > patience) touched_.insert(queue_id);

    adding_.clear();
    for (const auto& queue_id : touched_) {
        Entry& entry = entries_.at(queue_id);
        const bool is_late = !entry.is_resolved && now - entry.seen_at > patience;
        if (entry.is_resolved || is_late) {
            for (auto& event : entry.waiting) {
                event.subscriber = entry.origin.subscriber;
                event.account = entry.origin.account;
                event.client = entry.origin.client;
                // The log tells whole seconds: no result comes before its message.
                event.at = std::max(event.at, entry.origin.at + std::chrono::milliseconds(1));
                changes.unresolved += entry.is_resolved ? 0 : 1;
                changes.events.push_back(std::move(event));
            }
            entry.waiting.clear();
            wanted_.erase(queue_id);
        }
        if (entry.row != 0) changes.remove.push_back(entry.row);
        entry.row = 0;
        const bool is_over = entry.is_removed || now - entry.seen_at > longest_queued ||
                             (entries_.size() > most && now - entry.seen_at > patience);
        if (is_over && entry.waiting.empty()) {
            entries_.erase(queue_id);
            continue;
        }
        store::PendingDelivery row;
        row.trace = entry.trace;
        row.seen_at = entry.seen_at;
        row.result = to_json(queue_id, entry);
        changes.add.push_back(std::move(row));
        adding_.push_back(queue_id);
    }
    touched_.clear();
    return changes;
}

void Deliveries::saved(const std::vector<std::int64_t>& ids) {
    for (std::size_t i = 0; i < ids.size() && i < adding_.size(); ++i)
        entries_.at(adding_[i]).row = ids[i];
    adding_.clear();
}

} // namespace lazaret::engine
