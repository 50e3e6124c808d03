#pragma once
// One connection to the next hop: commands out, replies in, strictly in step. Whatever falls out of step
// breaks it for good.

#include "net/stream.hpp"
#include "smtp/client.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::relay {

/// Why a connection is of no use any more. Its text is for the log.
struct Fault {
    enum class Kind {
        none,
        closed, ///< by the next hop, or reset
        timeout,
        garbage,     ///< not SMTP, or a reply that cannot stand here
        unsolicited, ///< said something without being asked: no later reply could be told from an earlier one
        refused,     ///< the banner or the greeting was a refusal, or 421 came
        local,       ///< our own content could not be read
    };
    Kind kind = Kind::none;
    std::string text;

    Fault() = default;
    Fault(Kind k, std::string t) : kind(k), text(std::move(t)) {}
    explicit operator bool() const { return kind != Kind::none; }
};

class Connection {
  public:
    explicit Connection(std::unique_ptr<net::Stream> stream);
    ~Connection();

    /// Banner, EHLO, and HELO where EHLO is unknown (RFC 5321 3.2).
    net::task<Fault> greet(std::string hostname, Duration timeout);
    /// What it offered; XFORWARD is taken away when it refuses to take it from us.
    const smtp::Extensions& hop() const { return hop_; }
    void forget_xforward() { hop_.xforward.clear(); }

    /// Sends commands, after a look whether it is quiet. `wire` must outlive the await.
    net::task<Fault> send(std::string_view wire, Duration timeout);
    /// One reply, within `timeout` all of it. A 421 is a reply here; the connection is not reusable after it.
    net::task<Fault> read_reply(Duration timeout, smtp::Reply& reply);
    /// Content in slices, looking before each whether the next hop has begun to talk: what it says before the
    /// final dot is never an answer to it. `timeout` is for each stretch without progress.
    net::task<Fault> send_content(std::string_view wire, Duration timeout);
    /// Nothing has come that was not asked for, and the peer has not closed.
    Fault check_quiet();

    /// In step and in no transaction: another one may begin.
    bool reusable() const { return !broken_ && !said_421_ && !in_transaction_; }
    bool useless() const { return broken_ || said_421_; }
    /// The caller found it out of step, or gives up in mid content.
    Fault broken(Fault fault);
    void set_in_transaction(bool yes) { in_transaction_ = yes; }
    /// Ends it; QUIT goes out if the connection is in step, nobody waits for its reply.
    void close();

    std::chrono::steady_clock::time_point idle_since; ///< the pool's

  private:
    Fault from_transfer(const net::Transfer& transfer);

    std::unique_ptr<net::Stream> stream_;
    smtp::ReplyReader reader_;
    smtp::Extensions hop_;
    std::string pending_; ///< octets behind the last complete reply
    bool broken_ = false, said_421_ = false, in_transaction_ = false, greeted_ = false;
};

} // namespace lazaret::relay
