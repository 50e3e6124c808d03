#pragma once
// One client's dialogue. Lives on the heap for as long as its coroutine runs, never leaves its worker's thread.
// The steps of RFC 5321 stand in files of their own names; session.cpp is the loop that calls them.

#include "auth/sasl.hpp"
#include "event/event.hpp"
#include "net/stream.hpp"
#include "smtp/line_reader.hpp"
#include "smtp/server.hpp"
#include "submission/admission.hpp"
#include "submission/metrics.hpp"
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

/// Who sends, as far as it is known now.
struct Identity {
    std::string subscriber; ///< "" = unknown
    std::string account;    ///< login, "" on the relay port
    subscriber::Plan plan;
    subscriber::Class klass = subscriber::Class::dynamic;
};

class Session : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    Session(Worker& worker, Port port, net::Socket socket, Admission::Place place);
    ~Session();

    net::task<> run();
    void drain(); ///< ends it now if it is between transactions, else after the one in progress
    void abort(); ///< ends it now

  private:
    enum class Input { line, too_long, bare_lf, closed, timeout, interrupted };
    enum class Check { right, wrong, unavailable };

    // session.cpp
    net::task<> converse();
    net::task<Input> read_line(bool exchange = false); ///< `exchange`: within AUTH
    /// Waits for octets and gives them to lines_; out_ goes out first.
    net::task<net::Transfer> fill(Duration timeout);
    void say(const smtp::Reply& reply) { reply.append_to(out_); }
    net::task<bool> flush();
    /// Lets the other sessions of this thread go on when this one has had its share without waiting.
    net::task<> share(std::size_t octets);
    bool too_many_errors(); ///< counts one; true when the client has to go, which it has been told then
    /// What to tell a client that has to go, if anything.
    std::optional<smtp::Reply> farewell(Input why) const;

    net::task<bool> greet();                             // accept.cpp
    net::task<bool> start_tls();                         // starttls.cpp
    net::task<> authenticate(const smtp::Action& action); // auth.cpp
    net::task<Check> check_password(std::shared_ptr<const auth::Credentials> who);
    std::optional<smtp::Reply> identify();               // identify.cpp
    bool identify_network();
    smtp::Reply mail(smtp::MailFrom from);               // mail.cpp
    net::task<smtp::Reply> rcpt(smtp::RcptTo to);        // rcpt.cpp
    net::task<bool> data();                              // data.cpp; false: the client is gone
    net::task<bool> read_content(std::optional<verdict::Verdict>& fault);
    std::vector<verdict::Finding> scan();                // scan.cpp
    /// Asked again after DATA: a confinement reaches the transaction that is open, too.
    std::optional<verdict::Verdict> confined() const; // mail.cpp
    verdict::Verdict decide(std::vector<verdict::Finding> findings) const; // decide.cpp
    net::task<smtp::Reply> relay(); // relay.cpp
    smtp::Forward forward() const;
    std::string trace_fields() const;

    // report.cpp
    event::Event event(event::Type type) const;
    void report_relayed(const smtp::Reply& reply);
    void report_refused(event::RefusedBy by, std::string_view reason, const smtp::Reply& reply);
    /// Remembers for the transaction's event what was refused so far; the worst culprit wins.
    void note_refusal(event::RefusedBy by, std::string_view reason, const smtp::Reply& reply);
    void report_login_failed(const std::string& login);
    void report_abandoned(); ///< the client gave up on a transaction in which something was refused
    void count_refusal(const event::Event& record);
    void end_transaction();
    std::string help_url(std::string_view token, std::string_view reason) const;
    void write(event::Event record);

    const config::Config& config() const { return settings_->config; }

    Worker& worker_;
    const Port port_;
    std::shared_ptr<const Settings> settings_; ///< of the connection; a transaction takes the newest
    Admission::Place place_;
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
    bool closing_ = false;
};

} // namespace lazaret::submission
