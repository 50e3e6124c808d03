#pragma once
// Every reply that Lazaret itself gives a client: code, enhanced code and text have this one home.

#include "smtp/reply.hpp"

#include <string>
#include <string_view>

namespace lazaret::smtp::replies {

// The session
Reply banner(std::string_view hostname);
Reply too_many_connections();
Reply too_many_from_address();
Reply too_many_from_network();
Reply early_talker();      ///< 554 in place of the greeting
Reply only_quit();         ///< 503 to whatever follows such a 554 (RFC 5321 3.1)
Reply ended_by_operator(); ///< 421
Reply not_permitted(std::string_view address); ///< 554 5.7.1: this network may not relay here
Reply shutting_down();
Reply timed_out();
Reply too_many_errors();
Reply closing(); ///< 221
Reply ok();
Reply reset_ok();
Reply vrfy();
Reply help();
Reply not_implemented();
Reply unknown_command();
Reply line_too_long();
Reply bare_newline_in_command(); ///< 500, then close: what stands behind the LF must not be taken for a
                                 ///< command
Reply bad_octets();
Reply foreign_protocol(); ///< 421, then close: a browser was made to speak to us
Reply bad_sequence(std::string_view what);
Reply syntax(std::string_view expected);
Reply bad_forward(std::string_view attribute); ///< an attribute of XFORWARD that is unknown, or has a wrong value

// TLS and AUTH
Reply ready_for_tls();
Reply tls_required();
Reply tls_unavailable();
Reply tls_already();
Reply auth_required();
Reply auth_needs_tls();
Reply auth_already();
Reply mechanism_unknown();
Reply auth_challenge(std::string_view base64);
Reply auth_ok();
Reply auth_failed(); ///< never says which half was wrong
Reply auth_cancelled();
Reply auth_malformed();
Reply auth_unavailable(); ///< 454 4.7.0
Reply auth_paused(); ///< failed attempts have earned a pause, for an address or an account
Reply auth_line_too_long();

// MAIL, RCPT, DATA
Reply sender_ok();
Reply recipient_ok();
Reply start_data();
Reply parameter_unknown(std::string_view name);
Reply bad_parameter(std::string_view expected);
Reply bad_sender_address();
Reply bad_recipient_address();
Reply size_exceeds(std::uint64_t limit);
Reply needs_smtputf8();
Reply too_many_recipients();
Reply no_recipients();
Reply sender_not_fqdn();
Reply recipient_not_fqdn();

// Decisions. `url` is the help address, already filled in; "" leaves it out.
Reply quarantined(std::string_view reason, std::string_view url);
Reply limit_reached(std::string_view limit, std::string_view retry_after, std::string_view url);
Reply unjudged_limit_reached(std::string_view retry_after, std::string_view url); ///< 450: too much that nobody has judged
Reply content_refused(std::string_view url);
Reply attachment_refused(std::string_view url); ///< also of a file in an archive
Reply virus_refused(std::string_view url);
Reply content_unjudged(); ///< 451: a scanner that has to judge it has not
Reply header_too_big();
Reply loop();
Reply bare_newline();
Reply nul_octet();
Reply out_of_space();
Reply next_hop_unavailable();
Reply next_hop_lost();
Reply next_hop_changed(); ///< it refuses now what it had accepted before
Reply internal();
Reply accepted(std::string_view next_hop_text);

} // namespace lazaret::smtp::replies
