#pragma once
// The client's side towards the next hop: reading replies, composing commands. No socket.
// Line ends of replies may lack their CR, which some servers forget; a stray CR or a NUL is a fault.

#include "core/address.hpp"
#include "core/ids.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::smtp {

/// Fed octets, gives replies. Bounded: a line over 4 KiB or a reply over 64 KiB or 200 lines is a fault, as
/// is a code outside 200-599, a code that changes within one reply, or an octet that no reply may hold. After
/// a fault the connection is useless.
class ReplyReader {
  public:
    enum class State { need_more, complete, fault };
    /// Takes octets up to the end of one reply; the rest stays for the next call. Returns how many it took.
    std::size_t feed(std::string_view input);
    State state() const { return state_; }
    /// The complete reply; the reader is ready for the next one. Text lines joined by '\n', enhanced code
    /// taken off.
    Reply take();
    bool idle() const { return state_ == State::need_more && line_.empty() && lines_ == 0; }

  private:
    void end_line(std::string_view line);

    State state_ = State::need_more;
    std::string line_, text_;
    Enhanced enhanced_;
    int code_ = 0;
    std::size_t total_ = 0, lines_ = 0;
};

/// Of the text of a positive EHLO reply (first line is the greeting).
Extensions parse_ehlo(const Reply& reply);

/// Attributes of XFORWARD (facts as Postfix 3.7 takes them); empty values go out as [UNAVAILABLE].
struct Forward {
    std::string name; ///< verified host name of the client, "" = unknown
    IpAddress address;
    std::uint16_t port = 0;
    std::string helo;
    bool esmtp = true;
    TraceId ident;
    std::string login; ///< the account, for XCLIENT; "" = none
};

/// Command lines with CRLF, appended to `wire`. Parameters that `hop` does not offer are left out (RFC
/// 3461 5.2.1); a mail that cannot do without (SMTPUTF8, 8-bit content) is the caller's to refuse. An
/// argument with a CR, LF or NUL is a bug and throws: nothing that a client sent may become a second command.
void append_ehlo(std::string& wire, std::string_view hostname);
/// One or more XFORWARD commands of at most 512 octets each, of the attributes that the hop takes; returns
/// how many commands.
int append_xforward(std::string& wire, const Forward& forward, const Extensions& hop);
/// XCLIENT LOGIN as Postfix takes it; "" takes a login that was told before back. False, and nothing appended,
/// where the hop does not offer it, or the login is longer than it takes: half a login is somebody else's.
bool append_xclient_login(std::string& wire, std::string_view login, const Extensions& hop);
void append_mail(std::string& wire, const MailFrom& mail, std::uint64_t size, const Extensions& hop);
void append_rcpt(std::string& wire, const RcptTo& rcpt, const Extensions& hop);

} // namespace lazaret::smtp
