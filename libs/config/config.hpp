#pragma once
// What an administrator can set. Every option is declared once, in options.cpp (name, type, unit, default, range, one
// sentence); parser, example file and reference come from that declaration. This header only holds the values.

#include "core/address.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::config {

enum class Mode { enforce, warn, off };
enum class BareNewline { normalize, reject };
enum class LogFormat { plain, systemd };

struct Node {
    std::string name;                ///< default: the machine's host name; key of this node's events
    std::string hostname;            ///< announced in banner, EHLO and Received; default: the machine's FQDN
    std::filesystem::path state_dir; ///< snapshot and journal live below it
    std::filesystem::path hash_key_file; ///< key of the hashes that stand for recipients in events; made if missing
};

/// One listening address; an empty text in the file turns the listener off.
struct Listener {
    std::optional<Endpoint> listen;
};

struct Server {
    unsigned threads = 0; ///< 0 = one per core
    std::uint32_t max_connections = 20000;
    std::uint32_t max_connections_per_address = 50; ///< trusted networks are exempt
    Duration command_timeout{};                     ///< longest wait for a client's next command
    Duration data_timeout{};                        ///< longest wait for a client's next octets within DATA
    Duration drain_timeout{};                       ///< how long SIGTERM waits for transactions in progress
    std::uint32_t max_errors = 10;                  ///< refused commands before 421
    std::uint32_t max_recipients = 1000;
    std::uint64_t max_message_size = 0; ///< octets
    std::uint32_t max_header_size = 0;  ///< octets of the header section
    std::uint32_t max_received = 100;   ///< Received fields before a loop is assumed
    BareNewline bare_newline = BareNewline::normalize;
    std::uint32_t spool_memory = 0;   ///< octets of a message held in memory before it goes to an unlinked file
    std::filesystem::path spool_dir;  ///< default: state_dir/spool
    std::string help_url;             ///< in refusals; {token} becomes the case, {reason} the machine word
};

struct Tls {
    std::filesystem::path certificate, key; ///< PEM; certificate with its chain
};

struct Auth {
    std::uint32_t threads = 2;            ///< password hashing happens on these only
    std::uint32_t queue = 256;            ///< waiting password checks; beyond that 454
    Duration remember{};                  ///< how long a checked pair is remembered, in memory, as a keyed hash
    std::uint32_t max_failures = 3;       ///< per session, then 421
};

struct NextHop {
    Endpoint address;
    Duration connect_timeout{}, reply_timeout{}, data_timeout{}; ///< reply to a command; to the final dot
    std::uint32_t max_connections = 100; ///< per thread
    Duration idle_timeout{};             ///< pooled connections older than this are closed
};

struct Limits {
    Mode mode = Mode::enforce;
    std::string default_plan; ///< for networks without subscriber and plan
};

struct Content {
    Mode mode = Mode::enforce;        ///< of all rules together; a rule's own mode can only be milder
    std::filesystem::path rules_file; ///< "" = no rules
    double reject_score = 10;
    std::uint64_t scan_size = 0; ///< octets of a message that rules look at
};

struct Journal {
    std::filesystem::path dir; ///< default: state_dir/journal
    std::uint64_t segment_size = 0;
    std::uint64_t max_size = 0; ///< of all segments; beyond that new mail is deferred
};

struct Database {
    std::string connection;      ///< libpq keywords or URI, without the user
    std::string submission_role, engine_role, cli_role, owner_role;
    Duration connect_timeout{};
};

struct Metrics {
    std::optional<Endpoint> submission_listen, engine_listen;
};

struct Engine {
    Duration tick{};                  ///< longest pause between two looks at new events
    double false_alarms_per_year = 0.01; ///< wanted false confinements per subscriber-year
    Mode confine = Mode::enforce;     ///< warn: tickets only
    Duration confine_for{};           ///< expiry of an automatic confinement
    std::uint32_t max_confinements_per_hour = 100; ///< beyond that incidents open, but a human confines
    Duration half_life{};             ///< of evidence
    std::vector<std::filesystem::path> postfix_logs;
};

struct Tickets {
    std::string url;                    ///< "" = no tickets; http:// or https://
    std::filesystem::path secret_file;  ///< holds "whsec_<base64>"
    Duration timeout{};
};

struct Log {
    std::string level = "info";
    LogFormat format = LogFormat::plain;
};

struct Config {
    std::filesystem::path file; ///< where it was read from
    Node node;
    Listener submission, submissions, relay;
    Server server;
    Tls tls;
    Auth auth;
    NextHop next_hop;
    Limits limits;
    Content content;
    Journal journal;
    Database database;
    Metrics metrics;
    Engine engine;
    Tickets tickets;
    Log log;
};

} // namespace lazaret::config
