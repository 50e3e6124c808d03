#pragma once
// The envelope of RFC 5321 with the parameters that we take and pass on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::smtp {

/// An address of the envelope. Kept as the client wrote it (without the angle brackets and without a source
/// route, RFC 5321 appendix F.2); null() for "<>".
struct Path {
    std::string
        address; ///< "local@domain", or "" for the null reverse-path; "postmaster" may stand alone in RCPT
    std::size_t at = 0; ///< position of the last '@' outside quotes; address.size() where there is none

    bool null() const { return address.empty(); }
    std::string_view local() const { return std::string_view(address).substr(0, at); }
    std::string_view domain() const {
        return at < address.size() ? std::string_view(address).substr(at + 1) : std::string_view();
    }
    bool operator==(const Path&) const = default;
};

enum class Body { unspecified, seven_bit, eight_bit_mime };
enum class Ret { unspecified, full, headers };

struct MailFrom {
    Path path;
    std::optional<std::uint64_t> size; ///< RFC 1870; 0 counts as not declared
    Body body = Body::unspecified;     ///< RFC 6152
    bool smtputf8 = false;             ///< RFC 6531
    Ret ret = Ret::unspecified;        ///< RFC 3461 4.3
    std::string envid;                 ///< RFC 3461 4.4, still xtext
    bool operator==(const MailFrom&) const = default;
};

struct RcptTo {
    Path path;
    std::string notify; ///< RFC 3461 4.1, as sent: "NEVER" or a list
    std::string orcpt;  ///< RFC 3461 4.2, as sent: "rfc822;xtext"
    bool operator==(const RcptTo&) const = default;
};

/// What a server's EHLO reply offers; of our next hop, and of ourselves to a client.
struct Extensions {
    bool pipelining = false, eight_bit_mime = false, smtputf8 = false, dsn = false,
         enhanced_status_codes = false;
    bool starttls = false, chunking = false;
    bool size = false;
    std::uint64_t max_size = 0;        ///< 0 with `size` = no fixed limit
    std::vector<std::string> xforward; ///< attribute names, upper case
    std::vector<std::string> xclient;
    std::vector<std::string> auth_mechanisms;
    bool operator==(const Extensions&) const = default;
};

} // namespace lazaret::smtp
