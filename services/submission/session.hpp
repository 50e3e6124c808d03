#pragma once
// One client's dialogue. Lives on the heap for as long as its coroutine runs, never leaves its worker's thread.
// The steps of RFC 5321 stand in files of their own names; session.cpp is the loop that calls them.

#include "auth/backoff.hpp"
#include "auth/dovecot.hpp"
#include "auth/sasl.hpp"
#include "event/event.hpp"
#include "net/stream.hpp"
#include "scan/judge.hpp"
#include "smtp/line_reader.hpp"
#include "smtp/server.hpp"
#include "submission/admission.hpp"
#include "submission/identity.hpp"
#include "submission/metrics.hpp"
#include "submission/tracing.hpp"
#include "submission/transaction.hpp"
#include "subscriber/model.hpp"
#include "verdict/verdict.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::submission {

class Worker;

/// What a session is doing, for `lazaret session list`.
enum class Phase { greeting, handshake, command, login, content, scan, next_hop, farewell };
std::string_view to_string(Phase phase);

/// What an operator sees of a session: a copy that may leave its thread.
struct SessionView {
    std::uint64_t id = 0;
    Port port = Port::submission;
    IpAddress client;
    std::uint16_t client_port = 0;
    std::string account, subscriber, state, tls; ///< tls: "TLSv1.3", "" without
    Time since{};
    std::uint64_t messages = 0, octets = 0; ///< relayed; received within TLS and without
};

class Session : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    /// `proxied`: a balancer is at the other end, and will say whose connection it is.
    Session(Worker& worker, Port port, net::Accepted client, Admission::Place place, bool proxied);
    ~Session();

    net::task<> run();
    void drain(); ///< ends it now if it is between transactions, else after the one in progress
    void abort(); ///< ends it now
    /// An operator ends it: the client hears 421, unless the next hop is just being asked: its answer comes first.
    void kill();
    SessionName name() const { return SessionName{id_, client_address(), identity_.account, identity_.subscriber, stream_.peer_address()}; }
    SessionView view() const;

  private:
    enum class Input { line, too_long, bare_lf, closed, timeout, interrupted };
    /// What a login came to, or a turn of its exchange (open).
    enum class Check { right, wrong, unavailable, paused, cancelled, malformed, too_long, gone, open };
    struct Login {
        Check check = Check::unavailable;
        std::string name;      ///< claimed, lower case; "" if the client never came to it
        std::string account;   ///< whose login it is
        auth::Secret password; ///< where the mechanism shows it
        bool hopeless = false; ///< the account's verifier cannot serve the mechanism, whatever the password

        Login() = default;
    };

    // session.cpp
    net::task<> converse();
    /// `exchange`: within AUTH. `longest` instead of server.command_timeout.
    net::task<Input> read_line(bool exchange = false, std::optional<Duration> longest = std::nullopt);
    /// Waits for octets and gives them to lines_; out_ goes out first.
    net::task<net::Transfer> fill(Duration timeout);
    void say(const smtp::Reply& reply);
    net::task<bool> flush();
    /// The next hop takes its time: what the client is owed goes out as far as it goes without a wait.
    void hurry();
    /// A client that is slow holds no connection to the next hop: how long to wait for it in one go at most, and the look
    /// afterwards whether it took too long, so that the connection goes back.
    Duration while_patient(Duration timeout) const;
    void lose_patience();
    /// Lets the other sessions of this thread go on when this one has had its share without waiting.
    net::task<> share(std::size_t octets);
    bool too_many_errors(); ///< counts one; true when the client has to go, which it has been told then
    /// What to tell a client that has to go, if anything.
    std::optional<smtp::Reply> farewell(Input why) const;

    net::task<> tarpit();                                // tarpit.cpp
    net::task<bool> read_proxy_header();                 // proxy.cpp; false: no client is there to greet
    net::task<bool> greet();                             // greet.cpp
    net::task<bool> hear_silence();
    net::task<> turn_away(smtp::Reply reply, event::RefusedBy by, const char* reason);
    net::task<> await_quit();
    /// For those who watch: nothing that is secret, see masking.hpp.
    void tell(Side side, std::string_view text) { tracing_.tell(name(), side, text, lazaret::now()); }
    net::task<bool> start_tls();                         // starttls.cpp
    net::task<> authenticate(smtp::Action& action); // auth.cpp
    net::task<Login> run_exchange(smtp::Action& action);
    net::task<Check> check_password(std::shared_ptr<const auth::Credentials> who);
    net::task<Check> challenge(std::string base64); ///< open: the client's line is in line_
    void offer_mechanisms(); ///< before EHLO is answered
    auth::ExchangeContext exchange_context() const;
    auth::Backoff::Attempt attempt_by(const std::string& login) const;
    bool must_wait(const std::string& login) const; ///< failed attempts have earned it a pause
    net::task<Login> pass_on_exchange(smtp::Action& action); // auth_pass_on.cpp
    net::task<> ask_dovecot(std::shared_ptr<const auth::Credentials> who, Login& login);
    void take_answer(const std::optional<auth::DovecotReply>& reply, Login& login) const;
    std::optional<smtp::Reply> identify();               // identify.cpp
    bool identify_network();
    void identify_forwarded();
    /// Whose message it is: the peer, or the client that a front server told of (XFORWARD).
    IpAddress client_address() const;
    std::uint16_t client_port() const;
    std::string_view client_helo() const;
    smtp::Reply mail(smtp::MailFrom from);               // mail.cpp
    net::task<> rcpt(smtp::RcptTo to);                   // rcpt.cpp; with those that the client has sent behind it
    limits::Decision reserve(limits::Excess excess);
    std::optional<smtp::Reply> over_limit();
    void gather(std::vector<smtp::RcptTo>& group);
    void recipient_answered(const smtp::RcptTo& to, const smtp::Reply& reply);
    net::task<bool> data();                              // data.cpp; false: the client is gone
    net::task<bool> read_content(std::optional<verdict::Verdict>& fault);
    net::task<scan::Judgement> scan();                   // scan.cpp
    /// `to_ask`: what DNS lists are to be asked about is added, unless it is null.
    std::vector<verdict::Finding> look(const scan::Policy& policy, std::vector<std::string>* to_ask);
    struct Sight;
    net::task<Sight> look_with_lists(const scan::Policy& policy);
    net::task<Sight> look_by_daemons(const scan::Policy& policy);
    scan::Envelope scan_envelope() const;
    /// Asked again after DATA: a confinement reaches the transaction that is open, too.
    std::optional<verdict::Verdict> confined() const; // mail.cpp
    verdict::Verdict decide(scan::Judgement judgement) const; // decide.cpp
    std::optional<verdict::Verdict> over_unjudged_limit() const;
    void keep_exhibit(); // exhibit.cpp
    /// Of the sender's domain, as far as it is known; asked early, it is known later.
    std::optional<spf::Verdict> spf_hint(); // spf.cpp
    net::task<smtp::Reply> relay(); // relay.cpp
    smtp::Forward forward() const;
    std::string trace_fields() const;

    // report.cpp
    event::Event event(event::Type type) const;
    void report_relayed(const smtp::Reply& reply);
    void report_discarded(const verdict::Verdict& verdict);
    void report_refused(event::RefusedBy by, std::string_view reason, const smtp::Reply& reply);
    /// Remembers for the transaction's event what was refused so far; the worst culprit wins.
    void note_refusal(event::RefusedBy by, std::string_view reason, const smtp::Reply& reply);
    /// `reason`: see login_refused_by().
    void report_login_failed(const std::string& login, const smtp::Reply& reply, const std::string& reason);
    void report_abandoned(); ///< the client gave up on a transaction in which something was refused
    void tell_refused(event::Event record);
    void end_transaction();
    std::string help_url(std::string_view token, std::string_view reason) const;
    void write(event::Event record);

    const config::Config& config() const { return settings_->config; }

    /// Why the session ends although its client did not ask for it.
    bool ending() const;

    Worker& worker_;
    Tracing& tracing_;
    const Port port_;
    const std::uint64_t id_;
    const Time since_;
    Phase phase_ = Phase::greeting;
    int last_code_ = 0; ///< of the reply said last
    std::shared_ptr<const Settings> settings_; ///< of the connection; a transaction takes the newest
    Admission::Place place_;
    const bool proxied_;
    bool speaks_for_itself_ = false; ///< a balancer that looks whether we are well
    net::Stream stream_;
    smtp::Server machine_;
    smtp::LineReader lines_;
    std::string_view line_; ///< the last one read; valid until the next read
    std::string out_;       ///< replies that wait for the end of the client's pipelined group
    Identity identity_;
    std::unique_ptr<Transaction> transaction_;
    std::uint32_t errors_ = 0, auth_failures_ = 0;
    std::uint32_t refused_recipients_ = 0, idle_commands_ = 0; ///< since the last message
    std::size_t since_wait_ = 0;                               ///< octets read since others had their turn
    std::uint64_t messages_ = 0, octets_ = 0;
    net::Deadline::clock::time_point patient_until_{}; ///< with the command or the content that is being read
    bool closing_ = false, killed_ = false;
};

} // namespace lazaret::submission
