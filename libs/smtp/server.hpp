#pragma once
// The server's side of RFC 5321 as a machine without a socket: fed one command line at a time, it answers
// with what to do. Order of commands is a table (server.cpp) that one can check against RFC 5321 4.1.4 with a
// finger. The caller asks policy and next hop, tells the machine the outcome, and sends the reply; replies
// come from replies.hpp.

#include "smtp/envelope.hpp"
#include "smtp/envelope_parser.hpp"
#include "smtp/reply.hpp"
#include "smtp/xforward.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lazaret::smtp {

/// What this listener asks of its clients, and offers them.
struct ServerSettings {
    std::string hostname;
    bool require_tls = false; ///< 587: STARTTLS before AUTH and MAIL; 465 has TLS from the first octet
    bool offer_starttls = false;
    bool require_auth = false;           ///< 587 and 465
    bool offer_auth = false;             ///< only announced once TLS is up
    std::vector<std::string> mechanisms; ///< "PLAIN", "LOGIN"
    std::uint64_t max_message_size = 0;
    std::uint32_t max_recipients = 1000;
    bool require_fqdn =
        false; ///< 587 and 465: a domain without a dot in MAIL or RCPT is refused (RFC 6409 4.2)
    bool accept_xforward = false; ///< a front server hands over messages: XFORWARD is offered, and AUTH= of MAIL read
};

/// What the caller must do for the command just fed.
enum class Step {
    reply,     ///< send action.reply, nothing else
    start_tls, ///< send action.reply (220), drop every buffered octet, handshake, then machine.tls_started()
    auth,      ///< run the SASL exchange named in action.mechanism, then authenticated() or auth_failed()
    mail,      ///< decide action.mail, then mail_accepted() or nothing
    rcpt,      ///< decide action.rcpt, then rcpt_accepted() or nothing
    data,      ///< send action.reply (354), read content, relay; then transaction_ended()
    reset,     ///< forget the transaction (RSET, EHLO or HELO within one), send action.reply
    quit,      ///< send action.reply, close
};

struct Action {
    Step step = Step::reply;
    Reply reply;
    MailFrom mail;
    RcptTo rcpt;
    std::string mechanism;                       ///< upper case
    std::optional<std::string> initial_response; ///< decoded from base64; nullopt = none given
    bool counts_as_error = false;                ///< for the error limit of the session

    Action() = default;
    Action(Step s, Reply r) : step(s), reply(std::move(r)) {}
};

class Server {
  public:
    explicit Server(const ServerSettings& settings)
        : settings_(&settings) {} ///< settings outlive the machine

    /// The greeting, 220 (RFC 5321 4.3.1).
    Reply banner() const;
    /// One command line without its CRLF (line_reader.hpp). `offered` is what the next hop offers now: EHLO
    /// announces the intersection.
    Action feed(std::string_view line, const Extensions& offered);

    /// From now on these instead of the settings': what a login server elsewhere offers at the moment.
    void offer_mechanisms(std::shared_ptr<const std::vector<std::string>> names) { mechanisms_ = std::move(names); }

    void tls_started();   ///< RFC 3207 4.2: back to the state before EHLO; on 465 before the banner
    void authenticated(); ///< RFC 4954: no second AUTH
    void mail_accepted();
    void rcpt_accepted();
    void transaction_ended(); ///< after DATA, whatever came of it

    bool tls() const { return tls_; }
    bool extended() const { return extended_; } ///< EHLO, not HELO
    bool is_authenticated() const { return authenticated_; }
    const std::string& helo() const { return helo_; }
    std::uint32_t recipients() const { return recipients_; }
    std::uint32_t recipients_left() const { return settings_->max_recipients - recipients_; } ///< that may be accepted
    /// Of the transaction in progress or next to come; nullptr where no XFORWARD came since the last one.
    const Forwarded* forwarded() const { return forwarded_.get(); }

  private:
    enum class Phase { connected, greeted, mail, rcpt };
    struct Command; // a row of the table of verbs
    static const Command commands[];

    Action ehlo(std::string_view argument, const Extensions& offered);
    Action helo(std::string_view argument, const Extensions& offered);
    Action starttls(std::string_view argument, const Extensions& offered);
    Action auth(std::string_view argument, const Extensions& offered);
    Action mail(std::string_view argument, const Extensions& offered);
    Action rcpt(std::string_view argument, const Extensions& offered);
    Action data(std::string_view argument, const Extensions& offered);
    Action rset(std::string_view argument, const Extensions& offered);
    Action noop(std::string_view argument, const Extensions& offered);
    Action quit(std::string_view argument, const Extensions& offered);
    Action vrfy(std::string_view argument, const Extensions& offered);
    Action help(std::string_view argument, const Extensions& offered);
    Action xforward(std::string_view argument, const Extensions& offered);
    Action not_implemented(std::string_view argument, const Extensions& offered);
    Action greet(std::string_view name, bool extended, const Extensions& offered);
    Action out_of_order() const;
    std::string ehlo_text() const;
    const std::vector<std::string>& mechanisms() const { return mechanisms_ ? *mechanisms_ : settings_->mechanisms; }

    const ServerSettings* settings_;
    std::shared_ptr<const std::vector<std::string>> mechanisms_; ///< null: those of the settings
    Phase phase_ = Phase::connected;
    bool tls_ = false, extended_ = false, authenticated_ = false, smtputf8_ = false;
    std::uint32_t recipients_ = 0;
    std::string helo_;
    std::unique_ptr<Forwarded> forwarded_; // on the heap: few sessions have one
    Permitted
        permitted_; // what EHLO announced is what MAIL and RCPT may use, whatever the hop offers by then
};

} // namespace lazaret::smtp
