#include "submission/node.hpp"

#include "core/random.hpp"
#include "event/repeated.hpp"
#include "log/log.hpp"
#include "submission/metrics.hpp"

namespace lazaret::submission {

namespace {

/// Whether a minute has passed since the last time. Bounded: in a flood of addresses all are forgotten at once.
bool once_a_minute(Guarded<std::map<IpAddress, Time>>& times, const IpAddress& address, Time now) {
    constexpr std::size_t remembered_addresses = 10000;
    return times.with([&](std::map<IpAddress, Time>& last) {
        if (last.size() >= remembered_addresses) last.clear();
        auto [at, fresh] = last.try_emplace(address, now);
        if (!fresh && now - at->second < std::chrono::minutes(1)) return false;
        at->second = now;
        return true;
    });
}

/// Nothing that the message itself is to blame for.
bool is_our_own_doing(event::RefusedBy by) {
    using event::RefusedBy;
    return by == RefusedBy::limit || by == RefusedBy::quarantine || by == RefusedBy::unavailable || by == RefusedBy::rights;
}

/// What is alike in many refusals; the messages are not.
event::Event who_was_refused(const event::Event& record) {
    event::Event out;
    out.subscriber = record.subscriber;
    out.account = record.account;
    out.client = record.client;
    out.listener = record.listener;
    out.refused_by = record.refused_by;
    out.reason = record.reason;
    out.reply_code = record.reply_code;
    out.enhanced = record.enhanced;
    return out;
}

/// Of tables that end with the process.
std::string fresh_key() {
    std::string key(32, '\0');
    random_bytes(key.data(), key.size());
    return key;
}

} // namespace

event::RefusedBy login_refused_by(std::string_view reason) {
    if (reason.empty()) return event::RefusedBy::nobody;
    return reason == "backoff" ? event::RefusedBy::limit : event::RefusedBy::unavailable;
}

Node::Node(std::shared_ptr<const Settings> settings, std::unique_ptr<store::Journal> journal_in, std::string hash_key)
    : spool_memory(settings->config.server.spool_memory_shared), remembered(settings->config.auth.remember), backoff(fresh_key(), settings->config.auth.max_backoff),
      decoy_secret(hmac_sha256(hash_key, "logins that do not exist")), hash(std::move(hash_key)),
      journal(std::move(journal_in)), hashing(settings->config.auth.threads), settings_(settings), snapshot_(std::make_shared<const subscriber::Snapshot>()) {}

void Node::write(event::Event record) {
    const bool is_acknowledged = record.type == event::Type::message_relayed || record.reply_code / 100 == 2;
    if (!is_acknowledged && journal->full()) {
        numbers().events_left_out.Increment();
        return;
    }
    if (auto written = journal->append(std::move(record)); !written) log::error("journal_failed", written.error().message);
}

void Node::tell_refused(event::Event record) {
    if (is_our_own_doing(record.refused_by)) {
        const auto client = record.subscriber.empty() ? client_key(record.client) : IpAddress();
        const auto sample = [&](bool is_shared) { return is_shared ? event::Event() : who_was_refused(record); };
        if (!refusals_.add({record.subscriber, client, record.refused_by, record.reason}, record.at, sample)) return;
    }
    log::info("message_refused", "a message was not taken",
              {{"trace", record.trace.view()}, {"subscriber", record.subscriber}, {"by", to_string(record.refused_by)},
               {"reason", record.reason}, {"code", record.reply_code}});
    write(std::move(record));
}

void Node::report_counted(Time now, bool all) {
    for (auto& [record, times] : refusals_.due(now, all)) {
        record.type = event::Type::message_refused;
        record.at = now;
        record.trace = TraceId::make(now);
        record.reason = event::repeated(record.reason, times);
        log::info("message_refused", "further messages were not taken",
                  {{"trace", record.trace.view()}, {"subscriber", record.subscriber}, {"by", to_string(record.refused_by)},
                   {"reason", record.reason}, {"code", record.reply_code}});
        write(std::move(record));
    }
    for (const auto& count : failure_reports.due(now, all)) {
        event::Event record;
        record.type = event::Type::login_failed;
        record.at = now;
        record.client = count.client;
        record.account = count.account;
        record.listener = count.listener;
        record.refused_by = login_refused_by(count.reason);
        record.reason = event::repeated(count.reason, count.attempts);
        if (const auto* account = snapshot()->directory->account(count.account)) record.subscriber = account->subscriber;
        log::info("login_failed", "further logins failed",
                  {{"account", count.account}, {"client", count.client.to_string()}, {"reason", count.reason}, {"attempts", count.attempts}});
        write(std::move(record));
    }
}

bool Node::worth_an_event(const IpAddress& address, Time now) {
    return once_a_minute(refused_, address, now);
}

bool Node::worth_a_line(const IpAddress& address, Time now) {
    return once_a_minute(told_, address, now);
}

bool Node::trusts(const IpAddress& address) const {
    const auto directory = snapshot()->directory;
    const auto* network = directory->network(address);
    return network && network->klass == subscriber::Class::trusted;
}

} // namespace lazaret::submission
