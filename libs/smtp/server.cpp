#include "smtp/server.hpp"

#include "core/text.hpp"
#include "smtp/replies.hpp"

#include <algorithm>
#include <utility>

namespace lazaret::smtp {

namespace {

constexpr bool yes = true, no = false;
constexpr std::size_t max_helo = 255; // RFC 5321 4.5.3.1.2

Action refuse(Reply reply) {
    Action action(Step::reply, std::move(reply));
    action.counts_as_error = action.reply.permanent();
    return action;
}

// The name goes into the Received header: nothing that could end a comment or a word there. Otherwise
// tolerant, since a wrong name is no reason to refuse mail (RFC 5321 4.1.4).
bool is_client_name(std::string_view name) {
    const auto good = [](char c) {
        return c > ' ' && c <= '~' && std::string_view("()<>\",;\\").find(c) == std::string_view::npos;
    };
    return !name.empty() && name.size() <= max_helo && std::all_of(name.begin(), name.end(), good);
}

// A web page can make a browser POST SMTP commands to us; its first line gives it away.
bool is_http(std::string_view verb) {
    constexpr std::string_view methods[] = {"GET",     "POST",  "PUT",   "HEAD", "DELETE", "CONNECT",
                                            "OPTIONS", "PATCH", "TRACE", "PRI"}; // RFC 9110 9, RFC 9113 3.4
    return std::find(std::begin(methods), std::end(methods), verb) != std::end(methods);
}

std::uint64_t smaller_limit(std::uint64_t a, std::uint64_t b) { // 0 = none
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

} // namespace

struct Server::Command {
    std::string_view verb;
    bool connected, greeted, mail, rcpt; // may run in this phase: RFC 5321 4.1.4
    bool before_tls;                     // may run where TLS is required and not up: RFC 3207 4
    Action (Server::*handle)(std::string_view argument, const Extensions& offered);
};

// clang-format off
constexpr Server::Command Server::commands[] = {
    // verb       connected greeted mail rcpt   before TLS
    {"EHLO",      yes,      yes,    yes, yes,   yes,  &Server::ehlo},
    {"HELO",      yes,      yes,    yes, yes,   no,   &Server::helo},
    {"STARTTLS",  no,       yes,    no,  no,    yes,  &Server::starttls},
    {"AUTH",      no,       yes,    no,  no,    no,   &Server::auth},     // RFC 4954 4: not within a transaction
    {"MAIL",      no,       yes,    no,  no,    no,   &Server::mail},
    {"RCPT",      no,       no,     yes, yes,   no,   &Server::rcpt},
    {"DATA",      no,       no,     yes, yes,   no,   &Server::data},
    {"RSET",      yes,      yes,    yes, yes,   no,   &Server::rset},
    {"NOOP",      yes,      yes,    yes, yes,   yes,  &Server::noop},
    {"QUIT",      yes,      yes,    yes, yes,   yes,  &Server::quit},
    {"VRFY",      yes,      yes,    yes, yes,   no,   &Server::vrfy},
    {"HELP",      yes,      yes,    yes, yes,   no,   &Server::help},
    {"EXPN",      yes,      yes,    yes, yes,   no,   &Server::not_implemented},
    {"BDAT",      yes,      yes,    yes, yes,   no,   &Server::not_implemented}, // CHUNKING is not offered
    {"XFORWARD",  yes,      yes,    yes, yes,   no,   &Server::xforward},        // ours to say, not a client's
    {"XCLIENT",   yes,      yes,    yes, yes,   no,   &Server::not_implemented},
};
// clang-format on

Reply Server::banner() const {
    return replies::banner(settings_->hostname);
}

Action Server::feed(std::string_view line, const Extensions& offered) {
    if (std::any_of(line.begin(), line.end(),
                    [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7F; }))
        return refuse(replies::bad_octets());
    while (line.ends_with(' ') || line.ends_with('\t')) // RFC 5321 4.1.1
        line.remove_suffix(1);
    const std::string_view verb = line.substr(0, line.find(' '));
    std::string_view argument = line.substr(verb.size());
    while (argument.starts_with(' '))
        argument.remove_prefix(1);

    const auto command = std::find_if(std::begin(commands), std::end(commands),
                                      [&](const Command& row) { return ascii_iequals(row.verb, verb); });
    if (command == std::end(commands) && is_http(verb))
        return Action(Step::quit, replies::foreign_protocol());
    if (settings_->require_tls && !tls_ && (command == std::end(commands) || !command->before_tls))
        return refuse(replies::tls_required());
    if (command == std::end(commands)) return refuse(replies::unknown_command());
    const bool allowed = (phase_ == Phase::connected && command->connected) ||
                         (phase_ == Phase::greeted && command->greeted) ||
                         (phase_ == Phase::mail && command->mail) || (phase_ == Phase::rcpt && command->rcpt);
    if (!allowed) return out_of_order();
    return (this->*command->handle)(argument, offered);
}

Action Server::out_of_order() const {
    switch (phase_) {
    case Phase::connected: return refuse(replies::bad_sequence("send EHLO first"));
    case Phase::greeted: return refuse(replies::bad_sequence("send MAIL first"));
    case Phase::mail:
    case Phase::rcpt: break;
    }
    return refuse(replies::bad_sequence("a message has been begun; finish it, or send RSET"));
}

// One verb, one function: refusals, then one change of state.

Action Server::ehlo(std::string_view argument, const Extensions& offered) {
    return greet(argument, true, offered);
}

Action Server::helo(std::string_view argument, const Extensions& offered) {
    return greet(argument, false, offered);
}

Action Server::greet(std::string_view name, bool extended, const Extensions& offered) {
    if (!is_client_name(name))
        return refuse(replies::syntax(extended ? "EHLO host.example.org" : "HELO host.example.org"));

    const bool in_transaction = phase_ == Phase::mail || phase_ == Phase::rcpt;
    transaction_ended(); // RFC 5321 4.1.4: as if RSET were said
    phase_ = Phase::greeted;
    extended_ = extended;
    helo_ = name;
    permitted_.eight_bit_mime = offered.eight_bit_mime;
    permitted_.smtputf8 = offered.smtputf8 && offered.eight_bit_mime; // RFC 6531 3.1 item 8
    permitted_.dsn = offered.dsn;
    permitted_.auth = settings_->offer_auth || settings_->accept_xforward;
    permitted_.fqdn = settings_->require_fqdn;
    permitted_.max_size = smaller_limit(settings_->max_message_size, offered.size ? offered.max_size : 0);
    return Action(in_transaction ? Step::reset : Step::reply,
                  Reply(250, Enhanced(), extended ? ehlo_text() : settings_->hostname));
}

std::string Server::ehlo_text() const {
    std::string text = settings_->hostname;
    text += "\nPIPELINING";                                                // RFC 2920
    text += "\nSIZE " + std::to_string(permitted_.max_size);               // RFC 1870 4; 0 = no limit
    if (settings_->offer_starttls && !tls_) text += "\nSTARTTLS";          // RFC 3207 4.2
    if (settings_->offer_auth && tls_ && !mechanisms().empty()) { // RFC 4954 3
        text += "\nAUTH";
        for (const std::string& mechanism : mechanisms())
            text += ' ' + mechanism;
    }
    text += "\nENHANCEDSTATUSCODES";                     // RFC 2034
    if (permitted_.eight_bit_mime) text += "\n8BITMIME"; // RFC 6152
    if (permitted_.smtputf8) text += "\nSMTPUTF8";       // RFC 6531
    if (permitted_.dsn) text += "\nDSN";                 // RFC 3461
    if (settings_->accept_xforward) text.append("\nXFORWARD ").append(xforward_attributes);
    return text;
}

Action Server::starttls(std::string_view argument, const Extensions&) {
    if (tls_) return refuse(replies::tls_already());
    if (!settings_->offer_starttls) return refuse(replies::not_implemented());
    if (!argument.empty()) return refuse(replies::syntax("STARTTLS")); // RFC 3207 4
    return Action(Step::start_tls, replies::ready_for_tls());
}

Action Server::auth(std::string_view argument, const Extensions&) {
    if (!settings_->offer_auth) return refuse(replies::not_implemented());
    if (!tls_) return refuse(replies::auth_needs_tls());
    if (authenticated_) return refuse(replies::auth_already()); // RFC 4954 4
    const std::string_view name = argument.substr(0, argument.find(' '));
    std::string_view initial = argument.substr(name.size());
    while (initial.starts_with(' '))
        initial.remove_prefix(1);
    if (name.empty()) return refuse(replies::syntax("AUTH mechanism"));
    const auto mechanism = std::find_if(mechanisms().begin(), mechanisms().end(),
                                        [&](const std::string& known) { return ascii_iequals(known, name); });
    if (mechanism == mechanisms().end()) return refuse(replies::mechanism_unknown());

    Action action(Step::auth, Reply());
    action.mechanism = *mechanism;
    if (initial == "=") {
        action.initial_response = std::string(); // RFC 4954 4
    } else if (!initial.empty()) {
        auto decoded = base64_decode(initial);
        if (!decoded) return refuse(replies::auth_malformed());
        action.initial_response = std::move(*decoded);
    }
    return action;
}

Action Server::mail(std::string_view argument, const Extensions&) {
    if (settings_->require_auth && !authenticated_) return refuse(replies::auth_required()); // RFC 4954 6
    auto parsed = parse_mail(argument, permitted_);
    if (!parsed) return refuse(parsed.error());

    Action action(Step::mail, replies::sender_ok());
    action.mail = std::move(*parsed);
    smtputf8_ = action.mail.smtputf8;
    return action;
}

Action Server::rcpt(std::string_view argument, const Extensions&) {
    if (recipients_ >= settings_->max_recipients) return refuse(replies::too_many_recipients());
    auto parsed = parse_rcpt(argument, permitted_, smtputf8_);
    if (!parsed) return refuse(parsed.error());

    Action action(Step::rcpt, replies::recipient_ok());
    action.rcpt = std::move(*parsed);
    return action;
}

Action Server::data(std::string_view argument, const Extensions&) {
    if (!argument.empty()) return refuse(replies::syntax("DATA"));
    if (recipients_ == 0) return refuse(replies::no_recipients()); // RFC 5321 3.3, RFC 2920 3.1
    return Action(Step::data, replies::start_data());
}

Action Server::rset(std::string_view argument, const Extensions&) {
    if (!argument.empty()) return refuse(replies::syntax("RSET"));
    transaction_ended();
    return Action(Step::reset, replies::reset_ok());
}

Action Server::noop(std::string_view, const Extensions&) {
    return Action(Step::reply, replies::ok());
}

Action Server::quit(std::string_view, const Extensions&) {
    return Action(Step::quit, replies::closing());
}

Action Server::vrfy(std::string_view argument, const Extensions&) {
    if (argument.empty()) return refuse(replies::syntax("VRFY address"));
    return Action(Step::reply, replies::vrfy());
}

Action Server::help(std::string_view, const Extensions&) {
    return Action(Step::reply, replies::help());
}

Action Server::xforward(std::string_view argument, const Extensions&) {
    if (!settings_->accept_xforward) return refuse(replies::not_implemented());
    if (phase_ != Phase::greeted) return out_of_order();
    Forwarded known;
    if (forwarded_) known = *forwarded_;
    if (auto wrong = parse_xforward(argument, known)) return refuse(std::move(*wrong));
    forwarded_ = std::make_unique<Forwarded>(std::move(known));
    return Action(Step::reply, replies::ok());
}

Action Server::not_implemented(std::string_view, const Extensions&) {
    return refuse(replies::not_implemented());
}

// What the caller's outcomes change.

void Server::tls_started() {
    transaction_ended();
    phase_ = Phase::connected; // RFC 3207 4.2
    tls_ = true;
    extended_ = authenticated_ = false;
    helo_.clear();
    permitted_ = Permitted();
}

void Server::authenticated() {
    authenticated_ = true;
}

void Server::mail_accepted() {
    phase_ = Phase::mail;
}

void Server::rcpt_accepted() {
    phase_ = Phase::rcpt;
    ++recipients_;
}

void Server::transaction_ended() {
    if (phase_ != Phase::connected) phase_ = Phase::greeted;
    recipients_ = 0;
    forwarded_.reset(); // each message tells its own client
}

} // namespace lazaret::smtp
