#pragma once
// Evidence: what an event shows of its subscriber, and the kinds into which the detector sorts it.

#include "core/time.hpp"
#include "detect/replies.hpp"
#include "event/event.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::detect {

enum class Kind : std::size_t {
    content,            ///< texts refused for their content, or that would have been
    failing_recipients, ///< recipients that do not exist, from the next hop's replies and from delivery results
    fan_out,            ///< recipients to whom the subscriber never wrote before
    volume,             ///< messages, recipients, domains or octets beyond the subscriber's habit at that hour of the week
    spread,             ///< sender addresses, HELO names and client networks never used before
    null_sender,        ///< bounces beyond the subscriber's habit
    campaign,           ///< the same text from other subscribers
    login_failures,     ///< logins with a wrong password, beyond habit
    unauthenticated,    ///< servers that take no mail of the sender's domain from us: a mistake, never part of a score
};
inline constexpr std::size_t kinds = 8; ///< that are added up
inline constexpr std::array<Kind, kinds> all_kinds{Kind::content, Kind::failing_recipients, Kind::fan_out,
                                                   Kind::volume,  Kind::spread,             Kind::null_sender,
                                                   Kind::campaign, Kind::login_failures};
std::string_view to_string(Kind kind); ///< "content", "failing_recipients", ...

/// An event as the detector sees it. All empty when the event is no evidence: our own refusals by quarantine,
/// limit, protocol, rights or an unavailable dependency are facts about us, not about the subscriber.
struct Observation {
    bool is_message = false;      ///< the subscriber tried to send one
    bool is_login_failure = false;
    bool is_result = false;       ///< of a recipient that was awaited
    bool is_caught = false;       ///< a message, by the content rules
    bool is_unauthenticated = false; ///< a result: the recipient's server does not take mail of the sender's domain from us
    std::uint32_t exist = 0;      ///< recipients known to exist
    std::uint32_t nonexistent = 0;
    std::uint32_t awaited = 0;    ///< recipients whose delivery result is still to come
    std::string rule;             ///< that caught the message, at most 40 octets
};

/// How events are read.
struct Reading {
    double reject_score = 10;     ///< sum of findings from which a message counts as caught
    std::shared_ptr<const Replies> replies = Replies::standard();
    bool delivery_results = true; ///< false: nobody reads the next hop's log, acceptance at RCPT counts as success
};
Observation observe(const event::Event& event, const Reading& reading);

/// True for the enhanced codes of RFC 3463 that say the address does not exist: x.1.1, x.1.2, x.1.3, x.1.10.
bool says_nonexistent(std::string_view enhanced);

/// When the transaction of this trace began: its first 48 bits are milliseconds.
Time begin_of(const TraceId& trace);

/// The network of a client as one hash: hosts of one /24 or, for IPv6, one /48 count as one. 0 for an unknown one.
std::uint64_t network_of(const IpAddress& client);

/// One line of an explanation.
struct Contribution {
    Kind kind = Kind::content;
    double llr = 0;          ///< nats, after forgetting and cap
    std::uint32_t count = 0; ///< messages, recipients or subscribers that speak against the subscriber
    std::string reason;      ///< one sentence for the abuse desk

    Contribution() = default;
    Contribution(Kind k, double l, std::uint32_t c, std::string r)
        : kind(k), llr(l), count(c), reason(std::move(r)) {}
};

} // namespace lazaret::detect
