#pragma once
// An event: a durable fact, written to the node's journal and from there into PostgreSQL (table `event`).
// Recipients are personal data: an event names them by keyed hash and domain only.

#include "core/address.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "spf/result.hpp"
#include "event/exhibit.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::event {

enum class Type {
    connection_refused, ///< refused before a session began
    login_failed,
    message_relayed,  ///< the next hop acknowledged it
    message_refused,  ///< refused or deferred at MAIL, RCPT, or end of DATA; `reason` says by whom
    delivery_result,  ///< from Postfix's log: one recipient of an earlier message_relayed
};
std::string_view to_string(Type type);
Result<Type> parse_type(std::string_view text);

/// Who caused a refusal. Only `content` and `next_hop` are evidence against a subscriber:
/// our own locks must not feed on themselves (design, Laws).
enum class RefusedBy { nobody, quarantine, limit, content, next_hop, protocol, rights, unavailable };
std::string_view to_string(RefusedBy who);
Result<RefusedBy> parse_refused_by(std::string_view text);

enum class DeliveryStatus { none, sent, deferred, bounced, expired };
std::string_view to_string(DeliveryStatus status);
Result<DeliveryStatus> parse_delivery_status(std::string_view text);

struct Recipient {
    std::uint64_t hash = 0; ///< core/hash.hpp over the lower-cased address
    std::string domain;     ///< lower case

    Recipient() = default;
    Recipient(std::uint64_t h, std::string d) : hash(h), domain(std::move(d)) {}
    bool operator==(const Recipient&) const = default;
};

/// Octets of a reply of another server.
inline constexpr std::size_t longest_reason = 200;

/// At most so many hosts of links are kept of a message.
inline constexpr std::size_t most_uri_hosts = 4;

struct Event {
    std::uint64_t sequence = 0; ///< per node, from 1, without gaps; assigned by the journal
    Time at{};
    Type type = Type::message_relayed;
    TraceId trace;            ///< of the transaction; empty for connection_refused and login_failed
    std::string subscriber;   ///< "" = unknown
    std::string account;      ///< login, "" where a network identified the subscriber
    IpAddress client;
    std::string listener;     ///< "submission", "submissions", "relay"
    std::string helo;         ///< at most 255 octets, printable
    std::uint64_t sender_hash = 0; ///< of the envelope sender; 0 with null_sender
    std::string sender_domain;
    bool null_sender = false;
    std::optional<spf::Verdict> spf; ///< of the sender's domain at our egress addresses, where it was known in time
    std::vector<Recipient> recipients; ///< accepted ones; of a delivery_result exactly one
    std::uint32_t recipients_refused = 0;     ///< refused by the next hop at RCPT, 5yz
    std::uint32_t recipients_nonexistent = 0; ///< of these, with enhanced code x.1.1, x.1.2, x.1.3 or x.1.10
    std::uint64_t size = 0;                   ///< octets of content as received
    std::uint64_t message_id_hash = 0;
    std::uint64_t fingerprint = 0; ///< similarity hash of the text: near-identical texts differ in few bits; 0 = unknown
    std::vector<std::uint64_t> uri_hosts; ///< where links lead: name_hash() of registrable domains and addresses
    std::uint64_t agent_hash = 0;         ///< name_hash() of User-Agent or X-Mailer; 0 = none
    RefusedBy refused_by = RefusedBy::nobody;
    std::string reason;                ///< rule, limit or quarantine name; reply of another server, without whom it is about
    std::vector<std::string> findings; ///< content findings "rule:mode:score", also on relayed messages
    int reply_code = 0;                ///< what the client (or, in delivery_result, Postfix) was told
    std::string enhanced;              ///< "5.1.1"
    DeliveryStatus delivery = DeliveryStatus::none;
    std::string remote_host;  ///< delivery_result: relay= host, without the address
    std::optional<Exhibit> exhibit; ///< on its way into its own table; events that are read from the database have none

    bool operator==(const Event&) const = default;
};

/// One line of JSON without a line feed; keys in the order above, defaults left out.
std::string to_json(const Event& event);
Result<Event> from_json(std::string_view line);

} // namespace lazaret::event
