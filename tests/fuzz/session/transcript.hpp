#pragma once
// What the client was told, read off the octets of both directions in the slow and obvious way: one reply for one command,
// content only behind a 354.

#include <string>
#include <vector>

namespace lazaret::fuzz {

struct Acknowledged {
    std::string mail;               ///< the client's command line
    std::vector<std::string> rcpts; ///< those with a 2yz
    std::string content;            ///< un-stuffed, line ends canonical
    bool bare_newline = false;
    bool logged_in = false;
};

/// An AUTH with all of its exchange.
struct Attempt {
    std::string mechanism;              ///< lower case
    std::vector<std::string> responses; ///< as they were sent
    int code = 0;                       ///< of the last reply
};

struct Transcript {
    std::vector<Acknowledged> acknowledged;
    std::vector<Attempt> attempts;
    unsigned errors = 0;    ///< 5yz to commands that are about no mail
    bool understood = true; ///< false: the client's stream is beyond this simple reading
};

/// What was sent from `tls_from` on was sent within TLS; npos: nothing was.
Transcript read_transcript(const std::string& sent, const std::string& received, std::size_t tls_from);

/// The address of a MAIL or RCPT line as it has to reach the next hop: without source route.
std::string address_of(const std::string& line);

} // namespace lazaret::fuzz
