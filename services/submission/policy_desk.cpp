#include "submission/policy_desk.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"
#include "submission/confinement.hpp"
#include "submission/metrics.hpp"
#include "submission/node.hpp"

#include <algorithm>
#include <iterator>

namespace lazaret::submission {

namespace replies = smtp::replies;
using event::RefusedBy;
using smtp::PolicyRequest;

namespace {

constexpr Duration silence = std::chrono::minutes(1);      ///< after which a message counts as sent
constexpr Duration repetition = std::chrono::minutes(15);  ///< how long a late or repeated end finds what was counted
constexpr Duration login_lifetime = std::chrono::minutes(5);
constexpr std::size_t most_messages = 50'000, most_recipients = 500'000, most_logins = 50'000;

std::string key_of(const IpAddress& front, const std::string& instance) {
    return front.to_string() + ' ' + instance;
}

Identity identify(const subscriber::Snapshot& snapshot, const PolicyRequest& request, const std::string& plan) {
    const auto login = ascii_lowercase(request.login);
    if (!login.empty())
        if (auto who = identity_of_account(*snapshot.directory, login, plan)) return std::move(*who);
    const IpAddress client = request.client.value_or(IpAddress());
    if (auto who = identity_of_network(*snapshot.directory, client, plan)) return std::move(*who);
    return identity_of_address(*snapshot.directory, client, plan);
}

/// Without the angle brackets, of which the protocol has none.
std::string domain_of(const std::string& address) {
    const auto at = address.rfind('@');
    return at == std::string::npos ? std::string() : printable(ascii_lowercase(address.substr(at + 1)), 255);
}

} // namespace

std::optional<smtp::Reply> PolicyDesk::decide(const PolicyRequest& request, const IpAddress& front, Time now) {
    const auto key = key_of(front, request.instance);
    Events events;
    auto refusal = state_.with([&](State& state) {
        remember_login(state, request, key, now);
        auto& asked = message(state, request, key, now);
        auto out = look(state, asked, request, now, events);
        if (out && request.state == "END-OF-MESSAGE") drop(state, asked); // nothing of it goes anywhere
        keep_bounds(state, now, events);
        return out;
    });
    write(std::move(events));
    return refusal;
}

std::optional<smtp::Reply> PolicyDesk::look(State& state, Message& message, const PolicyRequest& request, Time now, Events& events) {
    const auto settings = node_.settings();
    if (const auto locked = confinement(*node_.snapshot(), message.record, now, settings->config.server.help_url))
        return refuse(message, locked->by, locked->reason, locked->reply, now, events);
    if (message.claimed) return std::nullopt;
    if (node_.journal->full()) return replies::out_of_space(); // an event must follow every message
    if (request.state == "RCPT") return recipient(state, message, request, now, events);
    if (request.state == "END-OF-MESSAGE") return end(state, message, request, now, events);
    return std::nullopt;
}

PolicyDesk::Message& PolicyDesk::message(State& state, const PolicyRequest& request, std::string key, Time now) {
    auto found = state.by_key.find(key);
    if (found != state.by_key.end() && found->second->settled && request.state == "RCPT") {
        forget(state, found->second); // it had been silent for long, and goes on: what comes now is counted anew
        found = state.by_key.end();
    }
    if (found != state.by_key.end()) {
        auto& list = found->second->settled ? state.settled : state.open;
        list.splice(list.end(), list, found->second);
        found->second->touched = now;
        return *found->second;
    }
    auto& fresh = state.open.emplace_back();
    fresh.key = key;
    fresh.touched = now;
    const auto settings = node_.settings();
    fresh.who = identify(*node_.snapshot(), request, settings->config.limits.default_plan);
    auto& record = fresh.record;
    record.type = event::Type::message_refused; // until it is let through
    record.at = now;
    record.trace = TraceId::make(now);
    record.subscriber = fresh.who.subscriber;
    record.account = fresh.who.account;
    record.client = request.client.value_or(IpAddress());
    record.listener = to_string(Port::policy);
    record.helo = printable(request.helo, 255);
    record.null_sender = request.sender.empty();
    fresh.who.plan = plan_of(*node_.snapshot(), record, now, fresh.who.plan);
    if (!record.null_sender) {
        record.sender_hash = node_.hash(ascii_lowercase(request.sender));
        record.sender_domain = domain_of(request.sender);
    }
    state.by_key.emplace(std::move(key), std::prev(state.open.end()));
    return fresh;
}

std::optional<smtp::Reply> PolicyDesk::recipient(State& state, Message& message, const PolicyRequest& request, Time now, Events& events) {
    auto& known = message.record.recipients;
    const auto address = ascii_lowercase(request.recipient);
    const auto hash = node_.hash(address);
    // Postfix asks again when a connection broke before our answer.
    if (!known.empty() && known.back().hash == hash) return std::nullopt;
    if (auto over = reserve(message, 1, 1, now)) {
        // A recipient too many beside others is told in the reply alone.
        if (!known.empty()) {
            numbers().recipients_refused.Increment();
            return over;
        }
        return refuse(message, RefusedBy::limit, message.record.reason, *over, now, events);
    }
    known.emplace_back(hash, domain_of(address));
    ++state.recipients;
    return std::nullopt;
}

std::optional<smtp::Reply> PolicyDesk::end(State& state, Message& message, const PolicyRequest& request, Time now, Events& events) {
    const auto reserved = message.settled ? message.counted : message.reservation.recipients();
    const auto wanted = std::max<std::uint32_t>(request.recipients, 1);
    if (wanted > reserved) {
        // The front let recipients in without asking us.
        if (auto over = reserve(message, reserved == 0 ? 1 : 0, wanted - reserved, now))
            return refuse(message, RefusedBy::limit, message.record.reason, *over, now, events);
    } else if (!message.settled) {
        message.reservation.release_recipients(reserved - wanted); // the front refused these
    }
    if (message.settled) {
        message.reservation.commit(now);
        message.counted = std::max(message.counted, wanted);
        return std::nullopt;
    }
    message.record.size = request.size;
    const auto entry = state.by_key.find(message.key)->second;
    settle(state, entry, now, events);
    return std::nullopt;
}

std::optional<smtp::Reply> PolicyDesk::reserve(Message& message, std::uint32_t messages, std::uint32_t recipients, Time now) {
    const auto settings = node_.settings();
    const auto mode = settings->config.limits.mode;
    if (mode == config::Mode::off) return std::nullopt;
    const auto excess = mode == config::Mode::warn ? limits::Excess::pass : limits::Excess::refuse;
    auto decision = message.reservation.empty()
                        ? node_.limiter.reserve(message.who.subscriber, message.who.plan, messages, recipients, now, excess)
                        : node_.limiter.extend(message.reservation, message.who.plan, recipients, now, excess);
    if (!decision.reservation.empty()) message.reservation = std::move(decision.reservation);
    if (decision.allowed) return std::nullopt;
    numbers().count_limit(decision.limit, excess == limits::Excess::pass);
    if (excess == limits::Excess::pass) return std::nullopt;
    message.record.reason = decision.limit;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(decision.retry_after);
    return replies::limit_reached(decision.limit, format_duration(wait),
                                  fill_help_url(settings->config.server.help_url, message.record.trace.view(), "limit"));
}

smtp::Reply PolicyDesk::refuse(Message& message, RefusedBy by, std::string_view reason, const smtp::Reply& reply, Time now,
                               Events& events) {
    auto& record = message.record;
    numbers().recipients_refused.Increment();
    if (message.refusal_told) return reply; // one event for all recipients of a message
    message.refusal_told = true;
    event::Event told = record;
    told.at = now;
    told.trace = TraceId::make(now); // what comes of the rest of the message is an event of its own
    told.refused_by = by;
    told.reason = printable(reason);
    told.reply_code = reply.code();
    told.enhanced = reply.enhanced().to_string();
    auto& count = numbers().of(Port::policy);
    (reply.permanent() ? count.refused : count.deferred).Increment();
    numbers().count_reason(by);
    events.push_back(std::move(told));
    return reply;
}

void PolicyDesk::drop(State& state, Message& message) {
    message.reservation.give_back();
    if (!message.settled) state.recipients -= message.record.recipients.size();
    message.record.recipients.clear();
    message.record.size = 0;
}

void PolicyDesk::settle(State& state, Messages::iterator message, Time now, Events& events) {
    auto& record = message->record;
    const auto recipients = record.recipients.size();
    const bool sent = !message->claimed && (!message->reservation.empty() || recipients > 0 || record.size > 0);
    message->counted = message->reservation.empty() ? static_cast<std::uint32_t>(recipients) : message->reservation.recipients();
    message->reservation.commit(now);
    state.recipients -= recipients;
    if (sent) {
        numbers().of(Port::policy).relayed.Increment();
        numbers().recipients_relayed.Increment(message->counted);
        event::Event told = std::move(record);
        told.type = event::Type::message_relayed;
        told.at = now;
        told.reason.clear();
        events.push_back(std::move(told));
    }
    record = event::Event();
    message->settled = true;
    state.settled.splice(state.settled.end(), state.open, message);
}

void PolicyDesk::forget(State& state, Messages::iterator message) {
    state.by_key.erase(message->key);
    state.settled.erase(message);
}

void PolicyDesk::over(const IpAddress& front, const std::string& instance, Time now) {
    Events events;
    state_.with([&](State& state) {
        const auto found = state.by_key.find(key_of(front, instance));
        if (found == state.by_key.end()) return;
        const auto entry = found->second;
        if (!entry->settled) settle(state, entry, now, events);
        forget(state, entry);
    });
    write(std::move(events));
}

void PolicyDesk::sweep(Time now) {
    Events events;
    state_.with([&](State& state) { keep_bounds(state, now, events); });
    write(std::move(events));
}

void PolicyDesk::finish(Time now) {
    Events events;
    state_.with([&](State& state) {
        while (!state.open.empty()) settle(state, state.open.begin(), now, events);
    });
    write(std::move(events));
}

void PolicyDesk::keep_bounds(State& state, Time now, Events& events) {
    const auto too_many = [&] { return state.by_key.size() > most_messages || state.recipients > most_recipients; };
    while (!state.open.empty() && (now - state.open.front().touched >= silence || (too_many() && state.settled.empty())))
        settle(state, state.open.begin(), now, events);
    while (state.recipients > most_recipients) settle(state, state.open.begin(), now, events);
    while (!state.settled.empty() && (now - state.settled.front().touched >= repetition || state.by_key.size() > most_messages))
        forget(state, state.settled.begin());
}

void PolicyDesk::remember_login(State& state, const PolicyRequest& request, const std::string& key, Time now) {
    if (!request.client || request.client_port == 0) return;
    const ClientKey client(*request.client, request.client_port);
    if (request.login.empty()) { // the port belongs to another connection by now
        state.logins.erase(client);
        return;
    }
    if (state.logins.size() >= most_logins && !state.logins.contains(client)) {
        std::erase_if(state.logins, [&](const auto& entry) { return entry.second.until <= now; });
        if (state.logins.size() >= most_logins) state.logins.clear(); // networks identify until the front asks again
    }
    auto& login = state.logins[client];
    login.account = ascii_lowercase(request.login);
    login.message = key;
    login.until = now + login_lifetime;
}

std::string PolicyDesk::claim(const IpAddress& client, std::uint16_t port, Time now) {
    return state_.with([&](State& state) {
        const auto found = state.logins.find(ClientKey(client, port));
        if (found == state.logins.end() || found->second.until <= now) return std::string();
        const auto message = state.by_key.find(found->second.message);
        if (message != state.by_key.end() && !message->second->settled) {
            message->second->reservation.give_back();
            message->second->claimed = true;
        }
        return found->second.account;
    });
}

std::size_t PolicyDesk::messages() const {
    return state_.with([](const State& state) { return state.by_key.size(); });
}

void PolicyDesk::write(Events events) {
    for (auto& record : events) {
        if (record.type == event::Type::message_refused) node_.tell_refused(std::move(record));
        else node_.write(std::move(record));
    }
}

} // namespace lazaret::submission
