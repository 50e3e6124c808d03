#include "config/options.hpp"

#include "config/words.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>

namespace lazaret::config {
namespace {

using namespace std::chrono_literals;

constexpr auto live = Change::on_reload;
constexpr auto restart = Change::on_restart;
constexpr std::uint64_t million = 1'000'000;

bool only(std::string_view text, std::string_view allowed) {
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           only(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
}

bool is_name_or_empty(std::string_view text) {
    return text.empty() || is_name(text);
}

/// RFC 1123 section 2.1.
bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    for (const auto label : split(text, '.'))
        if (!is_name(label) || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
            label.find('_') != std::string_view::npos)
            return false;
    return true;
}

bool is_role(std::string_view text) {
    return !text.empty() && text.size() <= 63 && only(text, "abcdefghijklmnopqrstuvwxyz0123456789_") &&
           (text.front() < '0' || text.front() > '9');
}

/// Visible ASCII, since it goes into replies and requests.
bool is_url_or_empty(std::string_view text) {
    if (text.empty()) return true;
    const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
    return text.size() <= 300 && std::all_of(text.begin(), text.end(), visible) &&
           ((text.starts_with("http://") && text.size() > 7) ||
            (text.starts_with("https://") && text.size() > 8));
}

/// Without user and password: see conflicts(), which does not show them.
bool is_connection(std::string_view text) {
    return text.find('\0') == std::string_view::npos &&
           (text.empty() || text.starts_with("postgresql://") || text.starts_with("postgres://") ||
            text.find('=') != std::string_view::npos);
}

const Choice<BareNewline> bare_newline{
    {{"normalize", BareNewline::normalize}, {"reject", BareNewline::reject}}};
const Choice<Away> away{{{"accept", Away::accept}, {"defer", Away::defer}}};
const Choice<HopTls> hop_tls{{{"off", HopTls::off}, {"encrypt", HopTls::encrypt}, {"verify", HopTls::verify}}};
const Choice<AuthBackend> auth_backend{
    {{"directory", AuthBackend::directory}, {"dovecot", AuthBackend::dovecot}}};
const Words mechanism_words{{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"}};
const Choice<LogLevel> log_level{{{"debug", LogLevel::debug},
                                  {"info", LogLevel::info},
                                  {"warn", LogLevel::warn},
                                  {"error", LogLevel::error}}};
const Choice<LogFormat> log_format{{{"plain", LogFormat::plain}, {"systemd", LogFormat::systemd}}};
const Text name_text{is_name, "1 to 64 letters, digits, dots, hyphens or underscores"};
const Text host_text{is_host_name, "a host name such as \"mx.example.net\""};
const Text role_text{is_role, "a role name of lower-case letters, digits and underscores"};
const Text text_or_empty{is_name_or_empty,
                         "up to 64 letters, digits, dots, hyphens or underscores, or \"\" for none"};
const Text url_text{is_url_or_empty, "a URL starting with http:// or https://, or \"\" for none"};
const Text connection_text{is_connection, "libpq keywords such as \"dbname=lazaret\" or a postgresql:// URI"};

const Config& defaults() {
    static const Config all;
    return all;
}

/// What does not depend on the types.
Option named(std::string_view name, Change change, std::string sentence) {
    const auto dot = name.find('.');
    Option made;
    made.section = name.substr(0, dot);
    made.key = name.substr(dot + 1);
    made.sentence = std::move(sentence);
    made.change = change;
    return made;
}

/// Binds a member of a section, or of what the section is derived from, to its name, its rule and its sentence.
template <class Part, class Base, class Member, class Rule>
Option option(std::string_view name, Part Config::*part, Member Base::*member, Rule rule, Change change,
              std::string sentence) {
    using Type = typename Rule::Type;
    if constexpr (std::is_unsigned_v<Member> && !std::is_same_v<Member, bool>)
        if (rule.most > std::numeric_limits<Member>::max())
            throw std::logic_error(std::string(name) + " allows more than its type can hold");
    Option made = named(name, change, std::move(sentence));
    made.unit = rule.unit();
    made.range = rule.range();
    made.read = [=](Config& config, const Found& found) -> std::optional<std::string> {
        auto value = rule.read(found);
        if (!value) return misfit(found, rule.expected(), rule.hint(found));
        config.*part.*member = static_cast<Member>(*std::move(value));
        return std::nullopt;
    };
    made.literal = [=](const Config& config) {
        return rule.literal(static_cast<Type>(config.*part.*member));
    };
    made.copy = [=](const Config& from, Config& to) { to.*part.*member = from.*part.*member; };
    made.fallback = made.sample = made.literal(defaults());
    return made;
}

/// For a default that depends on other options or on the machine; `sample` is a literal for the example file.
Option derived(Option made, std::string in_words, std::string sample) {
    made.fallback = std::move(in_words);
    made.is_derived = true;
    made.sample = std::move(sample);
    return made;
}

/// For an option that a working installation sets.
Option shown(Option made, std::string sample) {
    made.is_shown = true;
    made.sample = std::move(sample);
    return made;
}

/// What every scanner's daemon has.
template <class Add, class Daemon>
void add_daemon(const Add& add, const std::string& section, Daemon Config::*part, const std::string& socket,
                const std::string& what) {
    using S = ScannerDaemon;
    auto address = option(section + ".address", part, &S::address, Peer{}, live, what);
    address.sample = in_quotes(socket);
    add(std::move(address));
    add(option(section + ".mode", part, &S::mode, mode_words, live,
               "Whether what it finds counts, is only noted, or is not asked for."));
    add(option(section + ".away", part, &S::away, away, live,
               "What happens to a message that it has not judged although its mode is enforce: accepted, "
               "marked scan_failed in its event, or deferred."));
    add(option(section + ".timeout", part, &S::timeout, Period{10ms, 10min}, live,
               "Longest wait for its answer, within content.scan_timeout."));
    add(option(section + ".max_size", part, &S::max_size, Size{1 * KiB, 1024 * MiB}, live,
               "Larger messages are not shown to it."));
    add(option(section + ".max_calls", part, &S::max_calls, Count{1, 10000}, live,
               "Messages at it at once, shared evenly by the threads, each of which has one at least; further "
               "ones wait."));
}

std::vector<Option> declare() {
    using C = Config;
    std::vector<Option> all;
    // One at a time: as one list their temporaries would all live until its end, which compilers take minutes for.
    const auto add = [&](Option made) { all.push_back(std::move(made)); };
    add(derived(option("node.name", &C::node, &Node::name, name_text, restart,
                       "Name of this machine in events; each node of an installation needs its own."),
                "the machine's host name", "\"mx1\""));
    add(derived(option("node.hostname", &C::node, &Node::hostname, host_text, restart,
                       "Name announced in the banner, in EHLO and in Received fields."),
                "the machine's full host name", "\"mx1.example.net\""));
    add(option("node.state_dir", &C::node, &Node::state_dir, Path{}, restart,
               "Folder of the snapshot, the journal and the spool."));
    add(derived(option("node.hash_key_file", &C::node, &Node::hash_key_file, Path{}, restart,
                       "Key of the hashes that stand for recipients in events; made if missing, the same on "
                       "all nodes."),
                "node.state_dir/hash.key", "\"/var/lib/lazaret/hash.key\""));

    add(derived(option("node.control_socket", &C::node, &Node::control_socket, Path{}, restart,
                       "Socket on which lazaret-submission answers `lazaret session` and `lazaret trace`."),
                "node.state_dir/control.sock", "\"/run/lazaret/control.sock\""));

    add(shown(option("submission.listen", &C::submission, &Listener::listen, Listening{}, restart,
                     "Address for subscribers' mail with STARTTLS and AUTH."),
              "\"0.0.0.0:587\""));
    add(option("submission.proxy_from", &C::submission, &Listener::proxy_from, Cidrs{}, live,
               "Balancers: connections from these networks must begin with a PROXY header, others must not."));
    add(shown(option("submissions.listen", &C::submissions, &Listener::listen, Listening{}, restart,
                     "Address for subscribers' mail with TLS from the first octet and AUTH."),
              "\"0.0.0.0:465\""));
    add(option("submissions.proxy_from", &C::submissions, &Listener::proxy_from, Cidrs{}, live,
               "Balancers: connections from these networks must begin with a PROXY header, others must not."));
    add(shown(option("relay.listen", &C::relay, &Listener::listen, Listening{}, restart,
                     "Address for mail without AUTH, from networks that may relay."),
              "\"0.0.0.0:25\""));
    add(option("relay.proxy_from", &C::relay, &Listener::proxy_from, Cidrs{}, live,
               "Balancers: connections from these networks must begin with a PROXY header, others must not."));

    add(option("filter.listen", &C::filter, &Filter::listen, Listening{}, restart,
               "Address for a front Postfix that hands over messages before its queue (smtpd_proxy_filter)."));
    add(option("filter.clients", &C::filter, &Filter::clients, Cidrs{}, live,
               "Networks of front Postfixes; others are turned away."));
    add(option("policy.listen", &C::policy, &Policy::listen, Listening{}, restart,
               "Address for a front Postfix that asks for each recipient (check_policy_service)."));
    add(option("policy.clients", &C::policy, &Policy::clients, Cidrs{}, live,
               "Networks of front Postfixes; others are turned away."));

    add(derived(option("server.threads", &C::server, &Server::threads, Count{0, 1024}, restart,
                       "Threads that serve sessions; 0 takes one per core."),
                "one per core", "0"));
    add(option("server.max_connections", &C::server, &Server::max_connections, Count{1, million}, live,
               "Connections open at once; further ones are told 421."));
    add(option("server.max_connections_per_address", &C::server, &Server::max_connections_per_address,
               Count{1, million}, live,
               "Connections open at once from one address; trusted networks are exempt."));
    add(option("server.max_connections_per_network", &C::server, &Server::max_connections_per_network,
               Count{1, million}, live,
               "Connections open at once from one /24, or /48 of IPv6; trusted networks are exempt."));
    add(option("server.greet_pause", &C::server, &Server::greet_pause, Period{0s, 1min}, live,
               "On port 25, how long the greeting waits for a client of class dynamic that talks too early, unless it "
               "has waited within the last hour; 0s looks for early octets but does not wait."));
    add(option("server.tarpit", &C::server, &Server::tarpit, Period{0s, 1min}, live,
               "Longest delay of the replies to a client that makes one error after another; 0s is none."));
    add(option("server.command_timeout", &C::server, &Server::command_timeout, Period{1s, 1h}, live,
               "Longest wait for a client's next command."));
    add(option("server.data_timeout", &C::server, &Server::data_timeout, Period{1s, 1h}, live,
               "Longest wait for a client's next octets within a message."));
    add(option("server.drain_timeout", &C::server, &Server::drain_timeout, Period{0s, 1h}, live,
               "How long a stop waits for transactions in progress."));
    add(option("server.max_errors", &C::server, &Server::max_errors, Count{1, 1000}, live,
               "Refused commands in one session before it is closed with 421."));
    add(option("server.max_recipients", &C::server, &Server::max_recipients, Count{100, 100000}, live,
               "Recipients of one message; RFC 5321 4.5.3.1.8 asks for at least 100."));
    add(option("server.max_message_size", &C::server, &Server::max_message_size, Size{64 * KiB, 4096 * MiB},
               live, "Largest message, announced as SIZE."));
    add(option("server.max_header_size", &C::server, &Server::max_header_size, Size{1 * KiB, 16 * MiB}, live,
               "Largest header section of a message."));
    add(option("server.max_received", &C::server, &Server::max_received, Count{10, 1000}, live,
               "Received fields in a message before a mail loop is assumed."));
    add(option("server.bare_newline", &C::server, &Server::bare_newline, bare_newline, live,
               "What happens to a line end without its carriage return or line feed in a message: made "
               "whole, or "
               "the message refused."));
    add(option("server.spool_memory", &C::server, &Server::spool_memory, Size{4 * KiB, 64 * MiB}, restart,
               "Part of a message that is always held in memory."));
    add(option("server.spool_memory_shared", &C::server, &Server::spool_memory_shared, Size{0, 64 * 1024 * MiB}, restart,
               "Memory that larger messages share, none more than an eighth; what finds no room goes to an unlinked file."));
    add(derived(option("server.spool_dir", &C::server, &Server::spool_dir, Path{}, restart,
                       "Folder of these files; fast local disk."),
                "node.state_dir/spool", "\"/var/lib/lazaret/spool\""));
    add(option("server.help_url", &C::server, &Server::help_url, url_text, live,
               "Page that refusals point to; {token} becomes the case and {reason} the reason's word."));

    add(shown(option("tls.certificate", &C::tls, &Tls::certificates, Files{}, live,
                     "Certificate in PEM, followed by its chain; an ECDSA and an RSA one may stand side by side."),
              "\"/etc/lazaret/tls/certificate.pem\""));
    add(shown(option("tls.key", &C::tls, &Tls::keys, Files{}, live,
                     "Private key in PEM, one for each certificate, in the same order."),
              "\"/etc/lazaret/tls/key.pem\""));

    add(option("auth.threads", &C::auth, &Auth::threads, Count{1, 256}, restart,
               "Threads that check passwords, and nothing else."));
    add(option("auth.queue", &C::auth, &Auth::queue, Count{1, 100000}, restart,
               "Password checks that may wait; further ones are told 454."));
    add(option("auth.remember", &C::auth, &Auth::remember, Period{0s, 24h}, restart,
               "How long a checked password is remembered in memory, as a keyed hash; 0s is not at all."));
    add(option("auth.max_failures", &C::auth, &Auth::max_failures, Count{1, 100}, live,
               "Failed logins in one session before it is closed with 421."));
    add(option("auth.mechanisms", &C::auth, &Auth::mechanisms, mechanism_words, live,
               "Ways to log in that are offered; CRAM-MD5 is for accounts that keep a shared secret."));
    add(option("auth.backend", &C::auth, &Auth::backend, auth_backend, restart,
               "Who checks passwords: Lazaret against its own accounts, or a Dovecot, which then knows the "
               "logins' passwords while Lazaret knows their subscribers."));
    add(option("auth.dovecot_socket", &C::auth, &Auth::dovecot_socket, Path{}, restart,
               "Dovecot's auth-client socket, for the backend \"dovecot\"."));
    add(option("auth.max_backoff", &C::auth, &Auth::max_backoff, Period{0s, 24h}, restart,
               "Longest pause that failed logins earn an address, a network or an account; 0s for none."));
    add(option("auth.failure_delay", &C::auth, &Auth::failure_delay, Period{0s, 1min}, live,
               "Time from a login attempt to the answer that it failed."));

    add(option("next_hop.address", &C::next_hop, &NextHop::addresses, Addresses{}, restart,
               "Postfix, which takes over accepted mail; several are used in turn, and one that is away is "
               "left out."));
    add(option("next_hop.divert_address", &C::next_hop, &NextHop::divert_addresses, Addresses{true}, restart,
               "Postfix of the high-risk pool, which takes over mail that content.divert_score meets; all "
               "other options of this section hold for it, too."));
    auto egress = option("next_hop.egress_addresses", &C::next_hop, &NextHop::egress_addresses, IpAddresses{}, live,
                         "Addresses by which mail leaves in the end. SPF of senders' domains is looked up at them, as a hint for "
                         "`lazaret spf`; without any it is not.");
    egress.sample = "[\"192.0.2.25\", \"2001:db8::25\"]";
    add(std::move(egress));
    add(option("next_hop.health_interval", &C::next_hop, &NextHop::health_interval, Period{100ms, 10min},
               restart, "Pause between two looks whether one that was away is back."));
    add(option("next_hop.tls", &C::next_hop, &NextHop::tls, hop_tls, restart,
               "STARTTLS towards it: not at all, always, or always and only with a valid certificate of its "
               "name."));
    add(option("next_hop.tls_ca_file", &C::next_hop, &NextHop::tls_ca_file, Path{}, restart,
               "Authorities in PEM that its certificate is verified against; \"\" takes the system's."));
    add(option("next_hop.xclient_login", &C::next_hop, &NextHop::xclient_login, Flag{}, restart,
               "Whether it learns the account by XCLIENT LOGIN, so that its own policies and milters see it."));
    add(option("next_hop.connect_timeout", &C::next_hop, &NextHop::connect_timeout, Period{10ms, 10min},
               restart, "Longest wait for a connection to it."));
    add(option("next_hop.reply_timeout", &C::next_hop, &NextHop::reply_timeout, Period{10ms, 1h}, restart,
               "Longest wait for its reply to a command."));
    add(option("next_hop.data_timeout", &C::next_hop, &NextHop::data_timeout, Period{10ms, 1h}, restart,
               "Longest wait for its reply to a whole message."));
    add(option("next_hop.max_connections", &C::next_hop, &NextHop::max_connections, Count{1, 10000}, restart,
               "Connections to it per thread; further transactions wait."));
    add(option("next_hop.idle_timeout", &C::next_hop, &NextHop::idle_timeout, Period{0s, 1h}, restart,
               "Connections that had nothing to do for so long are closed."));

    add(option("limits.mode", &C::limits, &Limits::mode, mode_words, live,
               "Whether limits of subscribers are enforced, only noted, or not counted."));
    add(option("limits.default_plan", &C::limits, &Limits::default_plan, name_text, live,
               "Plan of networks that have neither a subscriber nor a plan."));

    add(option("content.mode", &C::content, &Content::mode, mode_words, live,
               "Mode of all checks of content together; a rule's or scanner's own mode can only be milder."));
    add(option("content.rules_file", &C::content, &Content::rules_file, Path{}, live,
               "File with content rules; \"\" for none."));
    add(option("content.reject_score", &C::content, &Content::reject_score, Real{0.1, 1000}, live,
               "Sum of the enforced findings' scores from which a message is refused."));
    add(option("content.divert_score", &C::content, &Content::divert_score, Real{0, 1000}, live,
               "Sum from which it goes to next_hop.divert_address instead; 0 is never."));
    add(option("content.tag_score", &C::content, &Content::tag_score, Real{0, 1000}, live,
               "Sum from which it leaves with the field X-Spam-Flag: YES; 0 is never."));
    add(option("content.virus", &C::content, &Content::virus, virus_words, live,
               "What becomes of a message with a virus: refused, or discarded, which tells the client 250."));
    add(option("content.scan_size", &C::content, &Content::scan_size, Size{1 * KiB, 64 * MiB}, live,
               "Part of the body, from its start, that is looked at; of files behind it names, types and first octets are."));
    add(option("content.scan_timeout", &C::content, &Content::scan_timeout, Period{10ms, 10min}, live,
               "Longest wait for all scanners, which are asked side by side."));
    add(option("content.findings", &C::content, &Content::findings, FindingModes{}, live,
               "Another mode, and score, for findings of rules, attachments, links and DNS lists, by name or the part of it before a "
               "dot; the longest name counts."));
    add(option("content.unjudged_share", &C::content, &Content::unjudged_share, Real{0.01, 1}, live,
               "Part of a subscriber's limits that is open to mail which an enforced scanner should have judged and has not, "
               "where its away is \"accept\"; 1 is all of them."));

    add(option("attachments.mode", &C::attachments, &Attachments::mode, mode_words, live,
               "Mode of all checks of attachments together; some of them only note, unless content.findings says otherwise."));
    add(option("attachments.score", &C::attachments, &Attachments::score, Real{0, 1000}, live,
               "Score of a file that is forbidden, in an archive too, or whose name hides that it is a program."));
    add(option("attachments.forbid", &C::attachments, &Attachments::forbid, Extensions{}, live,
               "Extensions that are forbidden besides those of programs and scripts."));
    add(option("attachments.allow", &C::attachments, &Attachments::allow, Extensions{}, live,
               "Extensions that are not forbidden after all."));
    add(option("links.mode", &C::links, &Links::mode, mode_words, live,
               "Mode of all checks of links together; those that need no list only note, unless content.findings says otherwise."));
    add(option("links.block_file", &C::links, &Links::block_file, Path{}, live,
               "File of hosts and domains, one a line, that no link may lead to; \"\" for none."));
    add(option("links.allow_file", &C::links, &Links::allow_file, Path{}, live,
               "File of hosts and domains, one a line, that nothing is held against; \"\" for none."));

    add_daemon(add, "clamav", &C::clamav, "unix:/run/clamav/clamd.ctl",
               "ClamAV's clamd, which finds viruses; \"\" when there is none.");
    add(option("clamav.suspicion_score", &C::clamav, &Clamav::suspicion_score, Real{0, 1000}, live,
               "Score of what is suspicious to it and no virus (Heuristics.*, PUA.*)."));
    add_daemon(add, "spamassassin", &C::spamassassin, "unix:/run/spamd/socket",
               "SpamAssassin's spamd; \"\" when there is none.");
    add(option("spamassassin.weight", &C::spamassassin, &ScannerDaemon::weight, Real{0, 100}, live,
               "Its total, where above zero, times this joins the message's score."));
    add(option("spamassassin.user", &C::spamassassin, &SpamAssassin::user, text_or_empty, live,
               "Whose preferences it takes, the same for all mail; \"\" leaves it to spamd."));
    add_daemon(add, "rspamd", &C::rspamd, "unix:/run/rspamd/scan.sock",
               "rspamd's normal worker, or a proxy worker that scans by itself; \"\" when there is none.");
    add(option("rspamd.weight", &C::rspamd, &ScannerDaemon::weight, Real{0, 100}, live,
               "Its total, where above zero, times this joins the message's score; where it wishes to reject, "
               "at least content.reject_score."));
    add(option("rspamd.settings_id", &C::rspamd, &Rspamd::settings_id, text_or_empty, live,
               "Block of its settings.conf for this mail; \"\" for none."));

    add(option("dns.servers", &C::dns, &Dns::servers, NameServers{}, live,
               "Name servers to ask; lists want a resolver of your own that does not forward to a public one."));
    add(option("dns.timeout", &C::dns, &Dns::timeout, Period{10ms, 1min}, live,
               "Longest wait for all answers about a message, within content.scan_timeout; what is missing then counts as "
               "not listed."));

    add(option("exhibits.keep_for", &C::exhibits, &Exhibits::keep_for, Period{0s, 3650 * 24h}, restart,
               "How long the masked header and excerpt of a message are kept that was refused, discarded or diverted for its "
               "content; zero keeps nothing."));
    add(option("exhibits.per_subscriber", &C::exhibits, &Exhibits::per_subscriber, Count{1, 1000}, live,
               "Messages of a subscriber of which so much is kept, an hour."));
    add(option("exhibits.per_node", &C::exhibits, &Exhibits::per_node, Count{1, 100'000}, live,
               "The same of all subscribers together, on each node."));
    add(option("exhibits.original", &C::exhibits, &Exhibits::original, Size{0, 64 * KiB}, live,
               "Octets of such a message that are kept as they came, with all that is personal in them; 0 keeps none."));

    add(derived(option("journal.dir", &C::journal, &Journal::dir, Path{}, restart,
                       "Folder where events wait for the database."),
                "node.state_dir/journal", "\"/var/lib/lazaret/journal\""));
    add(option("journal.segment_size", &C::journal, &Journal::segment_size, Size{64 * KiB, 1024 * MiB},
               restart, "Size at which a journal file is closed and the next one begun."));
    add(option("journal.max_size", &C::journal, &Journal::max_size, Size{1 * MiB, 1024 * 1024 * MiB}, restart,
               "Size of all journal files together; beyond it new mail is deferred."));

    add(option("database.connection", &C::database, &Database::connection, connection_text, restart,
               "How to reach PostgreSQL, without user and password: the user is the role below, a "
               "password belongs into a passfile."));
    add(option("database.submission_role", &C::database, &Database::submission_role, role_text, restart,
               "Role of lazaret-submission."));
    add(option("database.engine_role", &C::database, &Database::engine_role, role_text, restart,
               "Role of lazaret-engine."));
    add(option("database.cli_role", &C::database, &Database::cli_role, role_text, restart,
               "Role of the command line."));
    add(option("database.owner_role", &C::database, &Database::owner_role, role_text, restart,
               "Role that owns the schema and applies migrations."));
    add(option("database.connect_timeout", &C::database, &Database::connect_timeout, Period{1s, 10min},
               restart, "Longest wait for a connection."));

    add(option("metrics.submission_listen", &C::metrics, &Metrics::submission_listen, Listening{}, restart,
               "Address of /metrics and /healthz of lazaret-submission."));
    add(option("metrics.engine_listen", &C::metrics, &Metrics::engine_listen, Listening{}, restart,
               "Address of /metrics and /healthz of lazaret-engine."));

    add(option("engine.tick", &C::engine, &Engine::tick, Period{10ms, 1min}, restart,
               "Longest pause between two looks at new events."));
    add(option("engine.false_alarms_per_year", &C::engine, &Engine::false_alarms_per_year,
               Real{0.000001, 100}, restart, "False confinements per subscriber and year that are accepted."));
    add(option("engine.confine", &C::engine, &Engine::confine, mode_words, restart,
               "Whether suspects are confined, only ticketed (warn), or neither."));
    add(option("engine.confine_for", &C::engine, &Engine::confine_for, Period{1min, 365 * 24h}, restart,
               "How long an automatic confinement lasts."));
    add(option("engine.max_confinements_per_hour", &C::engine, &Engine::max_confinements_per_hour,
               Count{0, million}, restart, "Automatic confinements per hour before a human is asked."));
    add(option("engine.half_life", &C::engine, &Engine::half_life, Period{1min, 30 * 24h}, restart,
               "Time in which evidence loses half its weight."));
    add(option("engine.postfix_logs", &C::engine, &Engine::postfix_logs, Paths{}, restart,
               "Postfix's log files, followed for delivery results."));
    add(option("engine.postfix_units", &C::engine, &Engine::postfix_units, Units{}, restart,
               "Postfix's systemd units, on Debian \"postfix@-.service\", whose journal is followed for delivery "
               "results."));
    add(option("engine.keep_events", &C::engine, &Engine::keep_events, Period{24h, 400 * 24h}, restart,
               "How long events are kept in the database; each day is dropped when it is older."));
    add(option("engine.replies_file", &C::engine, &Engine::replies_file, Path{}, restart,
               "File with words by which other servers' replies are understood, after deploy/config/replies.txt; \"\" for those."));

    add(option("tickets.url", &C::tickets, &Tickets::url, url_text, restart,
               "Where tickets are sent as signed webhooks."));
    add(option("tickets.secret_file", &C::tickets, &Tickets::secret_file, Path{}, restart,
               "File with the signing secret, \"whsec_\" and base64."));
    add(option("tickets.timeout", &C::tickets, &Tickets::timeout, Period{1s, 5min}, restart,
               "Longest wait for the answer to a webhook."));

    add(option("log.level", &C::log, &Log::level, log_level, live, "Least important lines that are written."));
    add(option("log.format", &C::log, &Log::format, log_format, restart,
               "plain starts lines with the time, systemd with the priority."));
    return all;
}

} // namespace

const std::vector<Section>& sections() {
    static const std::vector<Section> all{
        {"node", "This machine."},
        {"submission", "Port 587: subscribers' mail with STARTTLS and AUTH (RFC 6409)."},
        {"submissions", "Port 465: the same with TLS from the first octet (RFC 8314)."},
        {"relay", "Port 25: mail from networks that may relay without AUTH."},
        {"filter", "Before-queue filter of a front Postfix that keeps its own port 587."},
        {"policy", "Policy delegation for a front Postfix that keeps its own port 587."},
        {"server", "Bounds on sessions and messages."},
        {"tls", "The certificate that clients see. Needed by submission and submissions."},
        {"auth", "Password checks."},
        {"next_hop", "Postfix, which has the queue and delivers."},
        {"limits", "Limits of subscribers; their figures are in the plans in the database."},
        {"content", "The look into messages: rules, and the scanners of the next sections."},
        {"attachments", "Files that mail should not carry."},
        {"links", "Where a message leads."},
        {"clamav", "ClamAV, which finds viruses."},
        {"spamassassin", "SpamAssassin, which gives a score."},
        {"rspamd", "rspamd, which gives a score."},
        {"dns", "Name servers, for DNS lists and SPF."},
        {"exhibits", "What is kept of messages that were refused for their content."},
        {"journal", "Events on disk until PostgreSQL has them."},
        {"database", "PostgreSQL."},
        {"metrics", "Prometheus metrics and health over HTTP."},
        {"engine", "Detection and confinement."},
        {"tickets", "Tickets about incidents."},
        {"log", "Lines on stderr."},
    };
    return all;
}

const std::vector<Option>& options() {
    static const std::vector<Option> all = declare();
    return all;
}

} // namespace lazaret::config
