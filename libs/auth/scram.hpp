#pragma once
// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, server side (RFC 5802, RFC 7677).

#include "auth/sasl.hpp"

namespace lazaret::auth {

/// `plus`: the mechanism with channel binding.
std::unique_ptr<Exchange> make_scram(ExchangeContext context, bool plus);

/// The user name in a client-first-message, for a server that only passes the exchange on; "" where there is none.
std::string scram_login(std::string_view client_first);

} // namespace lazaret::auth
