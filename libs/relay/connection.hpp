#pragma once
// One connection to the next hop: commands out, replies in, strictly in step. Whatever falls out of step
// breaks it for good.

#include "net/stream.hpp"
#include "relay/settings.hpp"
#include "smtp/client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::relay {

/// Longer than this nobody is kept waiting unawares: a next hop that takes longer to answer makes the client
/// hear what it is owed, and a client that takes longer to speak does not keep a connection to the next hop.
inline constexpr Duration patience = std::chrono::milliseconds(300);

/// Why a connection is of no use any more, or none can be had. Its text is for the log: what the next hop said
/// stands in it without addresses, and Transaction takes out the names it knows, too.
struct Fault {
    enum class Kind {
        none,
        closed, ///< by the next hop, or reset
        timeout,
        garbage,     ///< not SMTP, or a reply that cannot stand here
        unsolicited, ///< said something without being asked: no later reply could be told from an earlier one
        refused,     ///< the banner, the greeting or STARTTLS was refused, or 421 came
        account,     ///< XCLIENT LOGIN is not taken, and has to be
        busy,        ///< no place for one more connection
        local,       ///< our own content could not be read, or we are stopping
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

    /// Banner, EHLO, HELO where EHLO is unknown (RFC 5321 3.2), and STARTTLS where it is a must (RFC 3207): what
    /// was offered before the handshake is forgotten, what came behind the 220 in clear breaks the connection.
    net::task<Fault> greet(const PoolSettings& settings);
    /// What it offered; XFORWARD is taken away when it refuses to take it from us.
    const smtp::Extensions& hop() const { return hop_; }
    void forget_xforward() { hop_.xforward.clear(), xforward_refused_ = true; }

    /// The account it has been told last with XCLIENT; "" = none.
    const std::string& login() const { return login_; }
    /// Tells it another, and greets again, as XCLIENT wants it. Outside a transaction. Kind::account: not taken.
    net::task<Fault> tell_login(const std::string& login, const PoolSettings& settings);

    /// Sends commands, after a look whether it is quiet. `wire` must outlive the await.
    net::task<Fault> send(std::string_view wire, Duration timeout);
    /// One reply, within `timeout` all of it. A 421 is a reply here; the connection is not reusable after it.
    net::task<Fault> read_reply(Duration timeout, smtp::Reply& reply);
    /// Content in slices, looking before each whether the next hop has begun to talk: what it says before the
    /// final dot is never an answer to it. `timeout` is for each stretch without progress.
    net::task<Fault> send_content(std::string_view wire, Duration timeout);
    /// Nothing has come that was not asked for, and the peer has not closed. The next send() or send_content() need not
    /// look again: it follows at once.
    Fault check_quiet();
    /// Called when a reply takes longer than `patience`; null = nobody. Outlives the waits.
    void on_slow(const std::function<void()>* hook) { slow_ = hook; }

    /// In step and in no transaction: another one may begin.
    bool reusable() const { return !useless() && !in_transaction_ && pending_.empty(); }
    bool useless() const { return broken_ || said_421_ || retired_; }
    /// The caller found it out of step, or gives up in mid content.
    Fault broken(Fault fault);
    /// Nobody's fault, but it must not serve again.
    void retire() { retired_ = true; }
    void set_in_transaction(bool yes) { in_transaction_ = yes; }
    /// Ends it; QUIT goes out if the connection is in step, nobody waits for its reply.
    void close();

    std::chrono::steady_clock::time_point idle_since; ///< the pool's

  private:
    net::task<Fault> hello(const PoolSettings& settings);
    net::task<Fault> start_tls(const PoolSettings& settings);
    Fault from_transfer(const net::Transfer& transfer);
    Fault refused(const char* what, const smtp::Reply& reply);

    std::unique_ptr<net::Stream> stream_;
    smtp::ReplyReader reader_;
    smtp::Extensions hop_;
    std::string login_;
    std::string pending_; ///< octets behind the last complete reply
    const std::function<void()>* slow_ = nullptr;
    bool broken_ = false, said_421_ = false, retired_ = false, in_transaction_ = false, greeted_ = false,
         xforward_refused_ = false;
    bool looked_ = false; ///< check_quiet() has just found nothing
};

} // namespace lazaret::relay
