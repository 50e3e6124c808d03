#pragma once
// One message's way to the next hop. Every reply is ready for the client; a 2yz of data() means that the next
// hop has the message: it came after the last octet and nothing unasked came before it.

#include "core/result.hpp"
#include "mime/mask.hpp"
#include "net/task.hpp"
#include "relay/group.hpp"
#include "relay/reply_mapping.hpp"
#include "smtp/client.hpp"
#include "smtp/envelope.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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

/// Is told the answer to a recipient.
using Answered = std::function<void(const smtp::RcptTo&, const smtp::Reply&)>;

/// Begins with the first rcpt(): XFORWARD, MAIL and the RCPTs in one group where the next hop takes it. Its
/// end gives the connection back. A connection that is lost before the content began is replaced once, at
/// another hop where there is one; after a fault every further reply is the same 451, and the connection is
/// closed.
class Transaction {
  public:
    /// The group outlives the transaction. `slow` is called before a wait for the next hop that may be long, or
    /// has become it: time to tell the client what it is owed.
    Transaction(HopGroup& hops, smtp::Forward forward, smtp::MailFrom mail, std::function<void()> slow = {});
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Asks for these recipients, in groups where the next hop offers PIPELINING. `answered` hears of each in order, as
    /// soon as its answer is known: the next hop's reply to RCPT; when it refused MAIL, its reply to that, for every
    /// recipient. failed() is about the one being told then. A connection may be replaced once for each recipient; those
    /// that were answered are not asked for again. Both parameters outlive the call; recipients that were taken are moved from.
    net::task<> rcpt(std::span<smtp::RcptTo> group, const Answered& answered);
    /// DATA, content, final dot, or BDAT where the next hop offers CHUNKING: its reply to the last that was reached.
    /// At most once, and only after a RCPT that was accepted. After park() the envelope goes out again with it: when any
    /// of it is refused now, the whole message is a 451 and nothing is sent.
    net::task<smtp::Reply> data(Content& content);

    /// Gives the connection back while the client is slow; the envelope is kept.
    void park();
    /// The message goes to another group, its recipients having been answered by this one: before data(), which asks for them
    /// there as after park().
    void move_to(HopGroup& hops);
    bool holds_connection() const { return lease_.has_value(); }
    const std::vector<smtp::RcptTo>& taken() const { return taken_; } ///< accepted by the next hop
    /// Hides whom the message is for in what the next hop said about it: the recipients taken, and `asked`.
    mime::Mask mask(std::span<const smtp::RcptTo> asked = {}) const;

    /// The reply given last is no judgement on the mail: the next hop was away, broke off or talked nonsense.
    bool failed() const { return failed_; }

  private:
    /// What rcpt() was called with, as far as it has no answer yet.
    struct Asking {
        std::span<smtp::RcptTo> open;
        const Answered& answered;

        Asking(std::span<smtp::RcptTo> group, const Answered& told) : open(group), answered(told) {}
    };
    /// Commands that go out together, in this order, and what came of them.
    struct Exchange {
        Asking* asking = nullptr; ///< whose RCPTs they are; null: of recipients that were promised
        std::string wire;
        int forwards = 0;
        bool mail = false, data = false;
        std::size_t rcpts = 0;
        std::optional<smtp::Reply> mail_refusal, rcpt_refusal; ///< the first of each
        smtp::Reply last;
    };
    bool lease_idle();
    net::task<Fault> connect(bool again, Exchange& exchange);
    net::task<bool> lease(bool again);
    net::task<Fault> begin(Exchange& exchange);
    void append_group(Exchange& exchange) const;
    net::task<Fault> perform(Exchange& exchange);
    void answer(Asking& asking, const smtp::Reply& reply);
    net::task<Fault> replay(Exchange& exchange);
    bool may_replace(const Fault& fault) const;
    void give_up_connection(const Fault& fault);
    net::task<Fault> stream_content(Content& content);
    net::task<Fault> stream_chunk(Content& content);
    void hide_recipients(Fault& fault, std::span<const smtp::RcptTo> asked = {}) const;
    std::string describe(const smtp::Reply& reply) const;
    Fault out_of_step(const smtp::Reply& reply);
    void forward_refused(const smtp::Reply& reply);
    void bdat_refused(const smtp::Reply& reply);
    smtp::Reply repeat();
    smtp::Reply settle(Mapped verdict);
    smtp::Reply break_off(const Fault& fault);

    HopGroup* hops_;
    smtp::Forward forward_;
    smtp::MailFrom mail_;
    const Needs needs_;
    const std::function<void()> slow_;
    std::optional<Lease> lease_;
    std::shared_ptr<const Hop> avoid_; ///< it has broken a connection of this transaction
    std::optional<Mapped> verdict_; ///< MAIL's refusal or the fault: the answer to everything from now on
    bool failed_ = false;
    std::vector<smtp::RcptTo> taken_; ///< accepted by the next hop
    std::size_t unasked_ = 0;         ///< the first of them, which the connection in use has not been told
};

} // namespace lazaret::relay
