#pragma once
// What a front Postfix is told that asks about each recipient and each message (policy delegation). Limits are reserved at
// RCPT, counted at END-OF-MESSAGE. A message whose end nobody tells counts all the same: after a minute of silence, or as
// soon as its server process goes on to the next. So no more than the limit is ever let through, also where the front asks
// at RCPT only; the price is that a message given up before its end counts as sent.
//
// Shared by all threads. Bounded: messages, their recipients, and remembered logins; what is oldest goes first, counted.

#include "core/address.hpp"
#include "core/guarded.hpp"
#include "core/time.hpp"
#include "event/event.hpp"
#include "limits/limiter.hpp"
#include "smtp/policy_request.hpp"
#include "smtp/reply.hpp"
#include "submission/identity.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lazaret::submission {

class Node;

class PolicyDesk {
  public:
    explicit PolicyDesk(Node& node) : node_(node) {} ///< part of the node, declared behind what it uses

    /// The refusal, or nullopt where there is nothing against it. `front` is the server that asks.
    std::optional<smtp::Reply> decide(const smtp::PolicyRequest& request, const IpAddress& front, Time now);
    /// The connection that asked about `instance` goes on to another one: completed or aborted, that message is over.
    void over(const IpAddress& front, const std::string& instance, Time now);
    /// Counts what has been silent for too long. Call it about once a second.
    void sweep(Time now);
    /// Before the process ends: counts and reports all that is open.
    void finish(Time now);

    /// The same message comes through the before-queue filter now, which counts and reports it from here on: the login that
    /// we were told of for this client, "" when none.
    std::string claim(const IpAddress& client, std::uint16_t port, Time now);

    std::size_t messages() const;

  private:
    struct Message {
        std::string key;
        Time touched{};
        Identity who;
        limits::Reservation reservation;
        std::uint32_t counted = 0; ///< recipients that have been counted for good
        bool settled = false;      ///< counted and reported
        bool claimed = false;      ///< the filter's
        bool refusal_told = false;
        event::Event record;
    };
    using Messages = std::list<Message>;
    struct Login {
        std::string account, message; ///< key of the message in progress
        Time until{};
    };
    using ClientKey = std::pair<IpAddress, std::uint16_t>;
    struct State {
        Messages open, settled; ///< least recently touched first
        std::unordered_map<std::string, Messages::iterator> by_key;
        std::size_t recipients = 0; ///< in the records of all open messages
        std::map<ClientKey, Login> logins;
    };
    using Events = std::vector<event::Event>;

    Message& message(State& state, const smtp::PolicyRequest& request, std::string key, Time now);
    std::optional<smtp::Reply> look(State& state, Message& message, const smtp::PolicyRequest& request, Time now, Events& events);
    std::optional<smtp::Reply> recipient(State& state, Message& message, const smtp::PolicyRequest& request, Time now, Events& events);
    std::optional<smtp::Reply> end(State& state, Message& message, const smtp::PolicyRequest& request, Time now, Events& events);
    /// nullopt where it fits into the subscriber's limits, or limits are not enforced.
    std::optional<smtp::Reply> reserve(Message& message, std::uint32_t messages, std::uint32_t recipients, Time now);
    smtp::Reply refuse(Message& message, event::RefusedBy by, std::string_view reason, const smtp::Reply& reply, Time now, Events& events);
    void drop(State& state, Message& message);
    void settle(State& state, Messages::iterator message, Time now, Events& events);
    void forget(State& state, Messages::iterator message);
    void keep_bounds(State& state, Time now, Events& events);
    void remember_login(State& state, const smtp::PolicyRequest& request, const std::string& key, Time now);
    void write(Events events);

    Node& node_;
    Guarded<State> state_;
};

} // namespace lazaret::submission
