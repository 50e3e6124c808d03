#pragma once
// One message's way to the next hop. Every reply is ready for the client; a 2yz of data() means that the next
// hop has the message: it came after the final dot and nothing unasked came before it.

#include "core/result.hpp"
#include "net/task.hpp"
#include "relay/pool.hpp"
#include "relay/reply_mapping.hpp"
#include "smtp/client.hpp"
#include "smtp/envelope.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::relay {

/// A message in pieces: canonical CRLF lines, without dot-stuffing.
class Content {
  public:
    virtual ~Content() = default;
    /// The next piece, valid until the next call; empty at the end. An Error breaks the hand-over off: the
    /// next hop gets no final dot, the client a 451.
    virtual Result<std::string_view> next() = 0;
    virtual std::uint64_t size() const = 0; ///< octets of all pieces together
};

/// Begins with the first rcpt(): XFORWARD, MAIL and that RCPT in one group where the next hop takes it. Its
/// end gives the connection back. After a fault every further reply is the same 451, and the connection is
/// closed.
class Transaction {
  public:
    /// The pool outlives the transaction.
    Transaction(Pool& pool, smtp::Forward forward, smtp::MailFrom mail);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// The next hop's reply to RCPT; when it refused MAIL, its reply to that, for every recipient.
    net::task<smtp::Reply> rcpt(smtp::RcptTo to);
    /// DATA, content, final dot: the next hop's reply to the last that was reached. At most once, and only
    /// after a RCPT that was accepted.
    net::task<smtp::Reply> data(Content& content);

    /// The reply given last is no judgement on the mail: the next hop was away, broke off or talked nonsense.
    bool failed() const { return failed_; }

  private:
    net::task<Fault> open(const smtp::RcptTo& to, smtp::Reply& reply);
    net::task<bool> lease(bool fresh);
    net::task<Fault> resume(smtp::Reply& reply);
    net::task<Fault> begin(const smtp::RcptTo& to, smtp::Reply& reply);
    net::task<Fault> command(std::string_view wire, smtp::Reply& reply);
    net::task<Fault> stream_content(Content& content);
    Fault out_of_step(const smtp::Reply& reply);
    void forward_refused(const smtp::Reply& reply);
    smtp::Reply settle(Mapped verdict);
    smtp::Reply break_off(const Fault& fault);

    Pool& pool_;
    smtp::Forward forward_;
    smtp::MailFrom mail_;
    std::optional<Lease> lease_;
    std::optional<Mapped> verdict_; ///< MAIL's refusal or the fault: the answer to everything from now on
    bool failed_ = false;
    std::vector<smtp::RcptTo> taken_; ///< accepted by the next hop
};

} // namespace lazaret::relay
