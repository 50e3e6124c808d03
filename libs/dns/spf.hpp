#pragma once
// check_host() of RFC 7208 4: whether a client may send for a domain, as the domain's SPF record says.

#include "dns/resolver.hpp"
#include "spf/result.hpp"

#include <string>

namespace lazaret::dns {

/// Of one message. `sender` without a local part is postmaster's (4.3).
struct SpfQuestion {
    IpAddress client;
    std::string domain; ///< of the sender; lower case, A-labels
    std::string local = "postmaster";
    std::string helo; ///< for the macro h

    SpfQuestion(IpAddress from, std::string of, std::string name) : client(from), domain(std::move(of)), helo(std::move(name)) {}
};

/// The bounds of 4.6.4: 10 terms that ask the DNS, 10 hosts of an MX or PTR answer, two answers that are empty. What is not
/// answered within `limit` in all is a temperror. The resolver must outlive the task, stop() ends it.
net::task<spf::Verdict> check_host(Resolver& resolver, SpfQuestion question, Duration limit);

} // namespace lazaret::dns
