#pragma once
// The fields that Lazaret puts in front of a message: its trace, and Date and Message-ID where they are
// missing.

#include "core/address.hpp"
#include "core/ids.hpp"
#include "core/time.hpp"
#include "message/header.hpp"

#include <string>
#include <string_view>

namespace lazaret::message {

/// What a `Received:` field tells. It never names the login or the recipients: the next reader is anybody.
struct Received {
    std::string_view helo; ///< as the client said it; not trusted
    IpAddress client;
    std::string_view hostname; ///< ours, from the configuration
    bool esmtp = false;        ///< EHLO rather than HELO
    bool tls = false;
    bool auth = false;
    bool utf8 = false; ///< MAIL had SMTPUTF8
    TraceId id;
    Time at{};
    std::string_view tls_version; ///< "TLSv1.3", or "" to leave version and cipher out
    std::string_view tls_cipher;
};

/// "ESMTPSA" and its kin (RFC 3848, RFC 6531 4.3). TLS and AUTH have no keyword under plain HELO.
std::string with_keyword(const Received& trace);

/// The field with its last CRLF, folded (RFC 5321 4.4).
std::string received_field(const Received& trace);

/// `Date:` and `Message-ID:` as far as the ended header section lacks them (RFC 6409 8), each with its CRLF,
/// and the blank line where the content brings no header at all. Goes in front of the content, behind the
/// Received field.
std::string missing_fields(const HeaderReader& header, const TraceId& id, std::string_view hostname, Time at);

} // namespace lazaret::message
