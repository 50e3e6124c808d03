#pragma once
// The arguments of MAIL and RCPT with their parameters (RFC 5321 4.1.1.2, 4.1.1.3 and the extensions that we
// offer).

#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string_view>

namespace lazaret::smtp {

/// What this session may use: the extensions announced to it, and the limits.
struct Permitted {
    bool eight_bit_mime = false, smtputf8 = false, dsn = false, auth = false;
    bool fqdn = false;          ///< a domain without a dot is refused
    std::uint64_t max_size = 0; ///< 0 = no limit
};

/// The value, or the reply that refuses the command.
template <class T> using Parsed = boost::system::result<T, Reply>;

/// `argument` is what follows the verb: "FROM:<...> SIZE=..."
Parsed<MailFrom> parse_mail(std::string_view argument, const Permitted& permitted);
/// `smtputf8`: MAIL had the parameter (RFC 6531 3.4).
Parsed<RcptTo> parse_rcpt(std::string_view argument, const Permitted& permitted, bool smtputf8);

} // namespace lazaret::smtp
