#pragma once
// What an administrator can set. This header holds the values and their defaults; options.cpp declares for
// each its name, unit, range, whether it may change while running, and its sentence. Parser, checks, example
// file and reference come from these two and know no option by name.

#include "core/address.hpp"
#include "core/time.hpp"
#include "log/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lazaret::config {

inline constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB;

enum class Mode { enforce, warn, off };
enum class BareNewline { normalize, reject };
using LogLevel = log::Level;
using LogFormat = log::Format;

struct Node {
    std::string name;     ///< default: the machine's host name; key of this node's events
    std::string hostname; ///< announced in banner, EHLO and Received; default: the machine's FQDN
    std::filesystem::path state_dir = "/var/lib/lazaret"; ///< snapshot and journal live below it
    std::filesystem::path hash_key_file; ///< key of the hashes that stand for recipients in events; made if
                                         ///< missing; default: state_dir/hash.key
    std::filesystem::path control_socket; ///< where `lazaret session` and `lazaret trace` ask; default:
                                          ///< state_dir/control.sock
};

/// One listening address; an empty text in the file turns the listener off.
struct Listener {
    std::optional<Endpoint> listen;
    std::vector<Cidr> proxy_from; ///< balancers, whose connections begin with a PROXY header
};

/// Before-queue filter: a front Postfix hands us messages (smtpd_proxy_filter), with the client in XFORWARD.
struct Filter {
    std::optional<Endpoint> listen;
    std::vector<Cidr> clients{Cidr(IpAddress::from_v4(0x7F000001), 32)}; ///< whose XFORWARD is believed
};

/// Policy delegation: a front Postfix asks at RCPT and END-OF-MESSAGE (check_policy_service).
struct Policy {
    std::optional<Endpoint> listen;
    std::vector<Cidr> clients{Cidr(IpAddress::from_v4(0x7F000001), 32)};
};

struct Server {
    unsigned threads = 0; ///< after loading never 0; default: one per core
    std::uint32_t max_connections = 20000;
    std::uint32_t max_connections_per_address = 50;     ///< trusted networks are exempt
    std::uint32_t max_connections_per_network = 500;    ///< of one /24 or /64; trusted networks are exempt
    Duration greet_pause = std::chrono::seconds(1); ///< on 25, for dynamic addresses that have not waited for a greeting lately
    Duration tarpit = std::chrono::seconds(5);      ///< longest delay of a reply to a client that errs again and again
    Duration command_timeout = std::chrono::minutes(5); ///< longest wait for a client's next command
    Duration data_timeout = std::chrono::minutes(3); ///< longest wait for a client's next octets within DATA
    Duration drain_timeout =
        std::chrono::seconds(30);  ///< how long SIGTERM waits for transactions in progress
    std::uint32_t max_errors = 10; ///< refused commands before 421
    std::uint32_t max_recipients = 1000;
    std::uint64_t max_message_size = 25 * MiB; ///< octets
    std::uint32_t max_header_size = 256 * KiB; ///< octets of the header section
    std::uint32_t max_received = 100;          ///< Received fields before a loop is assumed
    BareNewline bare_newline = BareNewline::normalize;
    std::uint32_t spool_memory =
        64 * KiB; ///< octets that each message may hold in memory
    std::uint64_t spool_memory_shared = 128 * MiB; ///< octets in memory that all messages share beyond that
    std::filesystem::path spool_dir; ///< default: state_dir/spool
    std::string help_url;            ///< in refusals; {token} becomes the case, {reason} the machine word
};

/// PEM, each certificate with its chain, and its key at the same place of the other list. An ECDSA and an RSA one may stand
/// side by side: the client's offer decides.
struct Tls {
    std::vector<std::filesystem::path> certificates, keys;
};

/// Who knows the passwords: the accounts of the snapshot, or a Dovecot.
enum class AuthBackend { directory, dovecot };

struct Auth {
    std::uint32_t threads = 2; ///< password hashing happens on these only
    std::uint32_t queue = 256; ///< waiting password checks; beyond that 454
    Duration remember =
        std::chrono::minutes(10);   ///< how long a checked pair is remembered, in memory, as a keyed hash
    std::uint32_t max_failures = 3; ///< per session, then 421
    std::vector<std::string> mechanisms = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN",
                                           "LOGIN"};   ///< in the order of EHLO
    AuthBackend backend = AuthBackend::directory;
    std::filesystem::path dovecot_socket = "/run/dovecot/auth-client";
    Duration max_backoff = std::chrono::minutes(15);  ///< longest pause after failed logins; zero: none
    Duration failure_delay = std::chrono::seconds(1); ///< from the attempt to its 535
};

/// Whether connections to the next hop are encrypted: never, always, or always and with its name verified.
enum class HopTls { off, encrypt, verify };

struct NextHop {
    std::vector<Endpoint> addresses{Endpoint("127.0.0.1", 10025)}; ///< used in turn; one that is away is left out
    Duration health_interval = std::chrono::seconds(5); ///< between two looks at one that is away
    std::vector<IpAddress> egress_addresses; ///< by which mail leaves in the end, for the hint about SPF; none = no hint
    std::vector<Endpoint> divert_addresses; ///< of the high-risk pool, for mail that content.divert_score meets
    HopTls tls = HopTls::off;
    std::filesystem::path tls_ca_file; ///< PEM; "" = the system's
    bool xclient_login = false;        ///< the account in XCLIENT LOGIN, for policies and milters behind us
    Duration connect_timeout = std::chrono::seconds(5);
    Duration reply_timeout = std::chrono::minutes(1); ///< to a command
    Duration data_timeout = std::chrono::minutes(5);  ///< to the final dot
    std::uint32_t max_connections = 100;              ///< per thread
    Duration idle_timeout = std::chrono::seconds(30); ///< pooled connections older than this are closed
};

struct Limits {
    Mode mode = Mode::enforce;
    std::string default_plan = "residential"; ///< for networks without subscriber and plan
};

/// What becomes of a message with a virus: refused, or answered with 250 and sent nowhere.
enum class Virus { refuse, discard };
/// What becomes of a message when a scanner has not judged it.
enum class Away { accept, defer };

/// Another mode than its own for what a check of ours finds.
struct FindingMode {
    std::string name; ///< of the finding; "attachment" is all that begin with "attachment."
    Mode mode = Mode::warn;
    std::optional<double> score; ///< in place of its own

    bool operator==(const FindingMode&) const = default;
};

struct Content {
    Mode mode = Mode::enforce;        ///< of all checks together; one's own mode can only be milder
    std::filesystem::path rules_file; ///< "" = no rules
    double reject_score = 10;
    double divert_score = 0; ///< to next_hop.divert_address; 0 = never
    double tag_score = 0;    ///< a field is added; 0 = never
    Virus virus = Virus::refuse;
    std::uint64_t scan_size = 256 * KiB; ///< octets of a body that rules and checks look at
    Duration scan_timeout = std::chrono::seconds(20); ///< for all scanners, which are asked side by side
    std::vector<FindingMode> findings; ///< of rules, attachments, links and DNS lists; of several that fit the longest name
    double unjudged_share = 0.25; ///< of a plan's limits that is open to mail which a scanner that counts has not judged
};

/// A program beside Lazaret that looks at messages.
struct ScannerDaemon {
    std::optional<Endpoint> address; ///< nullopt: not asked
    Mode mode = Mode::warn;
    double weight = 0.5; ///< its total times this joins the message's score
    std::uint64_t max_size = 500 * KiB; ///< octets; larger messages are not shown to it
    Duration timeout = std::chrono::seconds(10);
    std::uint32_t max_calls = 16; ///< at once, of all threads together
    Away away = Away::accept;
};

struct Clamav : ScannerDaemon {
    double suspicion_score = 5; ///< of a heuristic or an unwanted program; a virus is beyond every score

    Clamav() {
        mode = Mode::enforce;
        max_size = 32 * MiB;
        timeout = std::chrono::seconds(15);
        max_calls = 12;
        away = Away::defer;
    }
};

struct SpamAssassin : ScannerDaemon {
    std::string user; ///< whose preferences; "" leaves it to spamd

    SpamAssassin() {
        timeout = std::chrono::seconds(15);
        max_calls = 5;
    }
};

struct Rspamd : ScannerDaemon {
    std::string settings_id; ///< a block of its settings.conf; "" = none

    Rspamd() {
        max_size = 10 * MiB;
        max_calls = 64;
    }
};

/// Files that mail should not carry.
struct Attachments {
    Mode mode = Mode::enforce;  ///< of all these checks together
    double score = 10;          ///< of a forbidden file, a hidden one, or one in an archive
    std::vector<std::string> forbid, allow; ///< extensions, besides the usual ones and in spite of them
};

/// Where a message leads.
struct Links {
    Mode mode = Mode::off; ///< of all these checks together
    std::filesystem::path block_file, allow_file; ///< of hosts and domains; "" = none
};

/// Names are looked up for DNS lists and the hint about SPF.
struct Dns {
    std::vector<Endpoint> servers; ///< literal addresses; none = those of /etc/resolv.conf
    Duration timeout = std::chrono::seconds(5); ///< for all answers about a message
};

/// A DNS list (RFC 5782).
struct DnsList {
    enum class Of { domains, addresses };

    std::string name; ///< [a-z0-9_-]
    std::string zone; ///< may hold a customer's key: neither logged nor shown
    std::optional<Of> of; ///< always set after loading
    std::vector<Cidr> counts; ///< answers; empty = all that speak of the entry
    Mode mode = Mode::warn;
    double score = 5;

    bool operator==(const DnsList&) const = default;
};

/// Other thresholds and modes for a class of networks, a plan, or a plan within a class. What is not set is as for all.
struct ContentPolicy {
    std::optional<std::string> network_class, plan; ///< nullopt: any; the class as in subscriber::to_string()
    std::optional<Mode> mode, clamav, spamassassin, rspamd;
    std::optional<Mode> dns_lists; ///< none of them is stricter
    std::optional<double> reject_score, divert_score, tag_score;
    std::optional<Virus> virus;
    std::vector<FindingMode> findings; ///< before those of [content]
};

/// What is kept of messages that are refused, discarded or diverted for their content.
struct Exhibits {
    Duration keep_for = std::chrono::hours(14 * 24); ///< zero: nothing is kept
    std::uint32_t per_subscriber = 5, per_node = 1000; ///< an hour
    std::uint64_t original = 0; ///< octets of the message as it came, beside what is masked
};

struct Journal {
    std::filesystem::path dir; ///< default: state_dir/journal
    std::uint64_t segment_size = 64 * MiB;
    std::uint64_t max_size = 4096 * MiB; ///< of all segments; beyond that new mail is deferred
};

struct Database {
    std::string connection = "dbname=lazaret"; ///< libpq keywords or URI, without user and password
    std::string submission_role = "lazaret_submission";
    std::string engine_role = "lazaret_engine";
    std::string cli_role = "lazaret_cli";
    std::string owner_role = "lazaret_owner";
    Duration connect_timeout = std::chrono::seconds(5);
};

struct Metrics {
    std::optional<Endpoint> submission_listen = Endpoint("127.0.0.1", 9525);
    std::optional<Endpoint> engine_listen = Endpoint("127.0.0.1", 9526);
};

struct Engine {
    Duration tick = std::chrono::milliseconds(200); ///< longest pause between two looks at new events
    double false_alarms_per_year = 0.01;            ///< wanted false confinements per subscriber-year
    Mode confine = Mode::enforce;                   ///< warn: tickets only
    Duration confine_for = std::chrono::hours(24);  ///< expiry of an automatic confinement
    std::uint32_t max_confinements_per_hour = 100;  ///< beyond that incidents open, but a human confines
    Duration half_life = std::chrono::hours(6);     ///< of evidence
    std::vector<std::filesystem::path> postfix_logs;
    std::vector<std::string> postfix_units;         ///< systemd units whose journal is read; none: it is not
    Duration keep_events = std::chrono::hours(90 * 24); ///< then their day is dropped
    std::filesystem::path replies_file;             ///< what other servers mean by their replies; "" = what is built in
};

struct Tickets {
    std::string url;                   ///< "" = no tickets; http:// or https://
    std::filesystem::path secret_file; ///< holds "whsec_<base64>"
    Duration timeout = std::chrono::seconds(15);
};

struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::plain;
};

struct Config {
    std::filesystem::path file; ///< where it was read from
    Node node;
    Listener submission, submissions, relay;
    Filter filter;
    Policy policy;
    Server server;
    Tls tls;
    Auth auth;
    NextHop next_hop;
    Limits limits;
    Content content;
    Attachments attachments;
    Links links;
    Clamav clamav;
    SpamAssassin spamassassin;
    Rspamd rspamd;
    Dns dns;
    std::vector<DnsList> dns_lists;
    std::vector<ContentPolicy> content_policies; ///< the first that fits counts
    Exhibits exhibits;
    Journal journal;
    Database database;
    Metrics metrics;
    Engine engine;
    Tickets tickets;
    Log log;
};

} // namespace lazaret::config
