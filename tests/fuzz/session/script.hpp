#pragma once
// A script is a text: one letter an act, some with a letter behind them that chooses. Whatever is no act is an octet that the
// client says, so that every input is a script, mutations of a good one stay near it, and a seed can be read.
//
//   E H         EHLO, HELO                     M? R?  MAIL and RCPT, of several kinds
//   D X         DATA, the final dot            C?     a line of content, of several kinds
//   B?          content of 1500 octets, up to 64 times
//   T N Q S     RSET, NOOP, QUIT, STARTTLS     t     the handshake
//   A? a?       AUTH, and a line of its exchange, of several kinds
//   "...."      says this
//   _           waits until nothing moves      ~?     lets time pass, up to 16 s
//   ! ^ |       closes, resets, says no more   $      talks before the banner (only as the first)
//   h??         the hop's next reply at a stage (the first letter) is an act (the second)
//   k l u       the hop drops all connections, listens or not, says 250 unasked
//   q           the subscriber is confined
//
// With LAZARET_FUZZ_TELL in the environment each run tells what was said and recorded.

#include "core/text.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace lazaret::fuzz {

class Script {
  public:
    explicit Script(std::string_view text) : rest_(text) {}
    bool done() const { return rest_.empty(); }
    char next() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    /// '0' is 0, '1' is 1, and so on: below `limit`.
    std::size_t choose(std::size_t limit) {
        if (rest_.empty()) return 0;
        return static_cast<unsigned char>(next() - '0') % limit;
    }

  private:
    std::string_view rest_;
};

inline const std::string& mail_line(std::size_t kind) {
    static const std::string lines[] = {
        "MAIL FROM:<ann@sender.example>",
        "MAIL FROM:<>",
        "MAIL FROM:<ann@sender.example> SIZE=1000 BODY=8BITMIME",
        "mail from:<ann@sender.example> size=90001",
        "MAIL FROM:<ann@sender.example> RET=HDRS ENVID=QQ+2B1",
        "MAIL FROM:<\"a >b\"@sender.example> AUTH=<>",
        "MAIL FROM:<@one.example,@two.example:ann@sender.example>",
        "MAIL FROM:<\xc3\xa5nn@sender.example> SMTPUTF8 BODY=8BITMIME",
        "MAIL FROM:<ann@sender.example> BODY=BINARYMIME",
        "MAIL FROM:ann@sender.example",
    };
    return lines[kind];
}
inline constexpr std::size_t mail_kinds = 10;

inline const std::string& rcpt_line(std::size_t kind) {
    static const std::string lines[] = {
        "RCPT TO:<bob@isle.example>",
        "RCPT TO:<eve@isle.example>",
        "RCPT TO:<bob@isle.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@isle.example",
        "rcpt to:<Postmaster>",
        "RCPT TO:<@one.example:carl@[192.0.2.1]>",
        "RCPT TO:<j\xc3\xb6rg@isle.example>",
        "RCPT TO:<\"dot. \\\"q\"@isle.example>",
        "RCPT TO:<>",
        "RCPT TO:<bob@isle.example> NOTIFY=NEVER,DELAY",
    };
    return lines[kind];
}
inline constexpr std::size_t rcpt_kinds = 9;

/// The one account.
inline const std::string login = "ann@sender.example", password = "open sesame";

inline const std::string& auth_line(std::size_t kind) {
    static const std::string plain = std::string(1, '\0') + login + std::string(1, '\0');
    static const std::string lines[] = {
        "AUTH PLAIN " + base64_encode(plain + password),
        "AUTH PLAIN " + base64_encode(plain + "guess"),
        "AUTH PLAIN",
        "AUTH LOGIN",
        "auth login " + base64_encode(login),
        "AUTH SCRAM-SHA-256 " + base64_encode("n,,n=" + login + ",r=abc"),
        "AUTH SCRAM-SHA-256",
        "AUTH PLAIN =",
        "AUTH PLAIN AGFubg", // not padded
        "AUTH CRAM-MD5",
        "AUTH SCRAM-SHA-256-PLUS " + base64_encode("p=tls-exporter,,n=" + login + ",r=abc"),
        "AUTH PLAIN " + base64_encode(std::string(1, '\0') + "eve@sender.example" + std::string(1, '\0') + password),
    };
    return lines[kind];
}
inline constexpr std::size_t auth_kinds = 12;

inline const std::string& response_line(std::size_t kind) {
    static const std::string plain = std::string(1, '\0') + "Ann@Sender.Example" + std::string(1, '\0');
    static const std::string lines[] = {
        base64_encode(plain + password),
        base64_encode(login),
        base64_encode(password),
        "*",
        base64_encode("guess"),
        "not base64!",
        "",
        base64_encode("c=biws,r=abc,p=AAAA"),
        base64_encode("n,,n=" + login + ",r=abc"),
        base64_encode(std::string(3, '\0')),
        std::string(1500, 'A'),
        std::string(13000, 'A'),
    };
    return lines[kind];
}
inline constexpr std::size_t response_kinds = 12;

inline const std::string& content_line(std::size_t kind) {
    static const std::string lines[] = {
        "Subject: one",
        "",
        "text",
        "..",
        "..two dots",
        ".one dot is not content",
        "Received: from elsewhere",
        "Message-ID: <id@sender.example>",
        "Date: Sat, 21 Nov 2026 10:42:00 +0000",
        std::string(998, 'l'),
        "eight \xe4\xf6\xfc bits",
        " folded",
        "From: ann@sender.example",
        "RSET",
        std::string(5000, 'w'),
        "MAIL FROM:<smuggler@sender.example>",
    };
    return lines[kind];
}
inline constexpr std::size_t content_kinds = 16;

} // namespace lazaret::fuzz
