#include "smtp/replies.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace lazaret::smtp::replies {

namespace {

// What other people's text adds to a reply; the reply itself makes control octets harmless.
constexpr std::size_t max_foreign_text = 300;

std::string with_url(std::string text, std::string_view url) {
    if (!url.empty()) text.append(" ").append(url);
    return text;
}

} // namespace

// The session

Reply banner(std::string_view hostname) {
    return Reply(220, Enhanced(),
                 std::string(hostname) + " ESMTP Lazaret"); // RFC 5321 4.2: no enhanced code here
}

Reply too_many_connections() {
    return Reply(421, Enhanced(4, 3, 2),
                 "This server has as many connections as it takes; try again in a minute");
}

Reply too_many_from_address() {
    return Reply(421, Enhanced(4, 7, 0),
                 "Too many connections from your address; close some or try again in a minute");
}

Reply too_many_from_network() {
    return Reply(421, Enhanced(4, 7, 0), "Too many connections from your network; try again in a minute");
}

Reply early_talker() {
    return Reply(554, Enhanced(5, 5, 0), "You spoke before the greeting; wait for it"); // RFC 5321 4.3.1
}

Reply only_quit() {
    return Reply(503, Enhanced(5, 5, 1), "No mail is taken on this connection; send QUIT");
}

Reply ended_by_operator() {
    return Reply(421, Enhanced(4, 3, 2), "The operator of this server has ended the connection");
}

Reply not_permitted(std::string_view address) {
    return Reply(554, Enhanced(5, 7, 1),
                 printable(address, 64) +
                     " may not send mail here; use port 587 or 465 with your login and password");
}

Reply shutting_down() {
    return Reply(421, Enhanced(4, 3, 2), "This server is being restarted; try again in a minute");
}

Reply timed_out() {
    return Reply(421, Enhanced(4, 4, 2), "Nothing heard from you for too long; closing the connection");
}

Reply too_many_errors() {
    return Reply(421, Enhanced(4, 7, 0), "Too many errors; closing the connection");
}

Reply closing() {
    return Reply(221, Enhanced(2, 0, 0), "Goodbye");
}

Reply ok() {
    return Reply(250, Enhanced(2, 0, 0), "Ok");
}

Reply reset_ok() {
    return Reply(250, Enhanced(2, 0, 0), "Ok, nothing is kept");
}

Reply vrfy() {
    return Reply(252, Enhanced(2, 0, 0),
                 "Cannot tell whether that address exists; send the message and see"); // RFC 5321 7.3
}

Reply help() {
    return Reply(214, Enhanced(2, 0, 0), "This is a mail submission server: RFC 5321, RFC 6409");
}

Reply not_implemented() {
    return Reply(502, Enhanced(5, 5, 1), "This command is not offered here");
}

Reply unknown_command() {
    return Reply(500, Enhanced(5, 5, 1), "No such command");
}

Reply line_too_long() {
    return Reply(500, Enhanced(5, 5, 6), "This line is too long for a command"); // RFC 4954 6 has 5.5.6
}

Reply bare_newline_in_command() {
    return Reply(500, Enhanced(5, 5, 2), "Lines must end in CR LF; closing the connection");
}

Reply bad_octets() {
    return Reply(500, Enhanced(5, 5, 2), "A command must not hold control characters");
}

Reply foreign_protocol() {
    return Reply(421, Enhanced(4, 7, 0), "This is a mail server; closing the connection");
}

Reply bad_sequence(std::string_view what) {
    return Reply(503, Enhanced(5, 5, 1), "Not now: " + std::string(what));
}

Reply syntax(std::string_view expected) {
    return Reply(501, Enhanced(5, 5, 4), "Syntax: " + std::string(expected));
}

Reply bad_forward(std::string_view attribute) {
    return Reply(501, Enhanced(5, 5, 4), "Bad XFORWARD attribute: " + printable(attribute, 40));
}

// TLS and AUTH

Reply ready_for_tls() {
    return Reply(220, Enhanced(2, 0, 0), "Ready to start TLS");
}

Reply tls_required() {
    return Reply(530, Enhanced(5, 7, 0), "Encryption is required: send STARTTLS first"); // RFC 3207 4
}

Reply tls_unavailable() {
    return Reply(454, Enhanced(4, 7, 0), "TLS is not available at the moment; try again later"); // RFC 3207 4
}

Reply tls_already() {
    return Reply(503, Enhanced(5, 5, 1), "The connection is encrypted already");
}

Reply auth_required() {
    return Reply(530, Enhanced(5, 7, 0),
                 "Log in first, with the user name and password of your mail account"); // RFC 4954 6
}

Reply auth_needs_tls() {
    return Reply(538, Enhanced(5, 7, 11),
                 "Encryption is required before logging in: send STARTTLS first"); // RFC 4954 6
}

Reply auth_already() {
    return Reply(503, Enhanced(5, 5, 1), "You are logged in already"); // RFC 4954 4
}

Reply mechanism_unknown() {
    return Reply(504, Enhanced(5, 5, 4),
                 "This login mechanism is not offered; see the reply to EHLO"); // RFC 4954 4
}

Reply auth_challenge(std::string_view base64) {
    return Reply(334, Enhanced(), std::string(base64));
}

Reply auth_ok() {
    return Reply(235, Enhanced(2, 7, 0), "Logged in");
}

Reply auth_failed() {
    return Reply(535, Enhanced(5, 7, 8), "User name or password is wrong"); // RFC 4954 6
}

Reply auth_cancelled() {
    return Reply(501, Enhanced(5, 7, 0), "Login cancelled"); // RFC 4954 4
}

Reply auth_malformed() {
    return Reply(501, Enhanced(5, 5, 2),
                 "The login data is not valid base64, or not what the mechanism asks for"); // RFC 4954 4
}

Reply auth_unavailable() {
    return Reply(454, Enhanced(4, 7, 0),
                 "Logins cannot be checked at the moment; try again later"); // RFC 4954 6
}

Reply auth_paused() {
    return Reply(454, Enhanced(4, 7, 0),
                 "Too many failed logins; try again later"); // whether of yours is nobody's business
}

Reply auth_line_too_long() {
    return Reply(500, Enhanced(5, 5, 6), "This line is too long for a login"); // RFC 4954 6
}

// MAIL, RCPT, DATA

Reply sender_ok() {
    return Reply(250, Enhanced(2, 1, 0), "Sender ok");
}

Reply recipient_ok() {
    return Reply(250, Enhanced(2, 1, 5), "Recipient ok");
}

Reply start_data() {
    return Reply(354, Enhanced(), "Send the message; end it with a line of a single dot");
}

Reply parameter_unknown(std::string_view name) {
    return Reply(555, Enhanced(5, 5, 4),
                 "Parameter " + printable(name, 40) + " is not offered here"); // RFC 5321 4.1.1.11
}

Reply bad_parameter(std::string_view expected) {
    return Reply(501, Enhanced(5, 5, 4), "Wrong parameter, expected: " + std::string(expected));
}

Reply bad_sender_address() {
    return Reply(501, Enhanced(5, 1, 7),
                 "The sender's address is not valid, expected: MAIL FROM:<name@example.org>");
}

Reply bad_recipient_address() {
    return Reply(501, Enhanced(5, 1, 3),
                 "The recipient's address is not valid, expected: RCPT TO:<name@example.org>");
}

Reply size_exceeds(std::uint64_t limit) {
    return Reply(552, Enhanced(5, 3, 4),
                 "The message is too big" + (limit > 0 ? "; the limit is " + std::to_string(limit) + " octets"
                                                       : "")); // RFC 1870 6.1
}

Reply needs_smtputf8() {
    return Reply(553, Enhanced(5, 6, 7),
                 "An address with non-ASCII characters needs SMTPUTF8"); // RFC 6531 3.5
}

Reply too_many_recipients() {
    return Reply(452, Enhanced(4, 5, 3),
                 "Too many recipients; send the message to the rest separately"); // RFC 5321 4.5.3.1.10
}

Reply no_recipients() {
    return Reply(554, Enhanced(5, 5, 1), "No valid recipients"); // RFC 5321 3.3
}

Reply sender_not_fqdn() {
    return Reply(554, Enhanced(5, 1, 8),
                 "The sender's address needs a complete domain, like example.org"); // RFC 6409 4.2
}

Reply recipient_not_fqdn() {
    return Reply(554, Enhanced(5, 1, 2),
                 "The recipient's address needs a complete domain, like example.org"); // RFC 6409 4.2
}

// Decisions

Reply quarantined(std::string_view reason, std::string_view url) {
    std::string text = "Sending mail is blocked for you";
    if (!reason.empty()) text.append(": ").append(printable(reason, max_foreign_text));
    if (!url.empty()) text.append(". What to do:");
    return Reply(550, Enhanced(5, 7, 1), with_url(std::move(text), url));
}

Reply limit_reached(std::string_view limit, std::string_view retry_after, std::string_view url) {
    std::string unit = printable(limit, max_foreign_text); // "recipients_per_hour"
    std::replace(unit.begin(), unit.end(), '_', ' ');
    std::string text = "You have reached your limit of " + unit;
    if (!retry_after.empty()) text.append("; try again in ").append(retry_after);
    return Reply(450, Enhanced(4, 7, 1), with_url(std::move(text), url));
}

Reply unjudged_limit_reached(std::string_view retry_after, std::string_view url) {
    std::string text = "The message could not be checked just now, and you have reached your limit of such messages; try again in ";
    return Reply(450, Enhanced(4, 7, 1), with_url(text.append(retry_after), url));
}

Reply content_refused(std::string_view url) {
    std::string text = "The message looks like spam or malware and was not sent";
    if (!url.empty()) text.append(". What to do:");
    return Reply(550, Enhanced(5, 7, 1), with_url(std::move(text), url));
}

Reply attachment_refused(std::string_view url) {
    std::string text = "The message has an attachment of a type that is not allowed and was not sent";
    if (!url.empty()) text.append(". What to do:");
    return Reply(550, Enhanced(5, 7, 1), with_url(std::move(text), url));
}

Reply virus_refused(std::string_view url) {
    std::string text = "The message contains malware and was not sent";
    if (!url.empty()) text.append(". What to do:");
    return Reply(550, Enhanced(5, 7, 1), with_url(std::move(text), url));
}

Reply content_unjudged() {
    return Reply(451, Enhanced(4, 7, 1), "The message could not be checked just now; please try again later");
}

Reply header_too_big() {
    return Reply(552, Enhanced(5, 3, 4), "The header of the message is too big");
}

Reply loop() {
    return Reply(554, Enhanced(5, 4, 6),
                 "The message runs in a circle: too many Received lines"); // RFC 5321 6.3
}

Reply bare_newline() {
    return Reply(550, Enhanced(5, 6, 0),
                 "The message has a CR or LF alone; lines must end in CR LF"); // RFC 5321 2.3.8
}

Reply nul_octet() {
    return Reply(550, Enhanced(5, 6, 0),
                 "The message has a NUL character, which mail must not have"); // RFC 5322 3.5
}

Reply out_of_space() {
    return Reply(452, Enhanced(4, 3, 1), "No space left for the message; try again later");
}

Reply next_hop_unavailable() {
    return Reply(451, Enhanced(4, 4, 1), "The mail cannot be passed on at the moment; try again later");
}

Reply next_hop_lost() {
    return Reply(451, Enhanced(4, 4, 2), "The mail could not be passed on; try again later");
}

Reply next_hop_changed() {
    return Reply(451, Enhanced(4, 3, 0),
                 "The next server no longer takes what it took before; send the message again");
}

Reply internal() {
    return Reply(451, Enhanced(4, 3, 0), "Something went wrong here; try again later");
}

Reply accepted(std::string_view next_hop_text) {
    return Reply(250, Enhanced(2, 0, 0), next_hop_text.empty() ? "Ok" : std::string(next_hop_text));
}

} // namespace lazaret::smtp::replies
