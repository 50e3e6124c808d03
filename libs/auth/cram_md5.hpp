#pragma once
// CRAM-MD5, server side (RFC 2195). It proves nothing about the server, and the server has to keep the password
// itself: for mail programs that know nothing better.

#include "auth/sasl.hpp"

namespace lazaret::auth {

std::unique_ptr<Exchange> make_cram_md5(ExchangeContext context);

/// The user name in a response, for a server that only passes the exchange on; "" where there is none.
std::string cram_md5_login(std::string_view response);

} // namespace lazaret::auth
