#pragma once
// One connection, plain or TLS, with a deadline on every wait. OpenSSL sits on this stream itself: an idle
// connection owns no buffers but a small inbox, and STARTTLS changes a pointer, not a type.
//
// System calls are what a mail proxy's time goes into, so a wait for octets takes them in as well, and a read that
// got less than it had room for says that there is no more (drained()): a dialogue of short lines costs one wait, one
// receive and one send a turn.

#include "core/address.hpp"
#include "core/time.hpp"
#include "net/deadlines.hpp"
#include "net/task.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lazaret::net {

/// TCP, or a socket in the file system (unix:/path).
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

/// A connection as a Listener hands it over: it does not block and sends without delay (TCP_NODELAY).
struct Accepted {
    Socket socket;
    IpAddress peer; ///< all zero for a socket in the file system
    std::uint16_t port = 0;

    Accepted(Socket s, IpAddress address, std::uint16_t p) : socket(std::move(s)), peer(address), port(p) {}
};

/// What a read or write came to. Exactly one of: count > 0, would_block, or failed.
struct Transfer {
    enum class State { done, would_block, closed, timeout, error };
    State state = State::done;
    std::size_t count = 0;

    Transfer() = default;
    Transfer(State s, std::size_t n) : state(s), count(n) {}
    bool ok() const { return state == State::done; }
};

/// What the peer negotiated; empty before TLS.
struct TlsInfo {
    std::string version, cipher; ///< "TLSv1.3", "TLS_AES_256_GCM_SHA384"
};

class Stream final : private Deadline {
  public:
    Stream(Socket socket, Deadlines& deadlines); ///< makes it as a Listener would
    Stream(Accepted connection, Deadlines& deadlines);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Takes what is there without waiting; would_block if nothing is. closed = orderly end by the peer.
    Transfer try_read(std::span<char> into);
    /// The last try_read took all that had come by then: the next one would most likely find nothing.
    bool drained() const;
    /// Waits until try_read has a chance. `timeout` counts from now; the result is done, timeout, closed or
    /// error. One wait at a time per stream, reading or writing.
    task<Transfer> wait_readable(Duration timeout);
    /// The same for try_write.
    task<Transfer> wait_writable(Duration timeout);
    /// Lets time pass: State::timeout when it has. Anything else came before: the peer has reset the connection, or
    /// somebody closed or interrupted it. What the peer sends in the meantime waits.
    task<Transfer> pause(Duration length);
    /// Writes all of it or fails; `timeout` is for each stretch without progress. `data` must outlive the
    /// await.
    task<Transfer> write(std::string_view data, Duration timeout);
    /// Tries to write without waiting: how much went out (0 = would_block).
    Transfer try_write(std::string_view data);

    /// At most this many octets wait unsent in the kernel; try_write then says would_block
    /// (TCP_NOTSENT_LOWAT).
    void limit_unsent(unsigned octets);

    /// Handshakes; the caller has dropped what it buffered before (RFC 3207 4.2). Error text for the log in
    /// last_error().
    task<Transfer> accept_tls(SSL_CTX* context, Duration timeout);
    task<Transfer> connect_tls(SSL_CTX* context, std::string server_name, Duration timeout);
    bool is_tls() const { return ssl_ != nullptr; }
    TlsInfo tls_info() const;
    /// 32 octets that only the two ends of this connection know (RFC 9266); "" before TLS 1.3, where that holds only
    /// under conditions.
    std::string tls_exporter() const;
    /// Hash of the certificate that we have shown (RFC 5929 4.1); "" without one, or where its signature has no hash
    /// function of its own (Ed25519).
    std::string tls_server_end_point() const;

    /// Ends it: close_notify without waiting for the peer's, then close. Waits in progress return closed.
    void close();
    /// Ends our direction first and waits, at most so long, for the peer to end its own: octets that come after a close
    /// would be answered with a reset, which makes many a peer forget the reply that it has not read yet.
    task<> close_gently(Duration longest);
    bool is_open() const { return socket_.is_open(); }
    /// The close to come sends a reset instead of an orderly end: to be rid of a peer that does not deserve
    /// more.
    void reset_on_close();
    /// Wakes a wait in progress, which returns State::error: for drain and for `session kill`. Without one it
    /// does nothing, so whoever interrupts leaves a flag that the session looks at between two waits.
    void interrupt();

    IpAddress peer_address() const { return peer_; } ///< all zero for a socket in the file system
    std::uint16_t peer_port() const { return peer_port_; }
    std::pair<IpAddress, std::uint16_t> local() const; ///< unspecified and 0 for a socket in the file system
    /// A balancer in between told who the peer really is (PROXY protocol).
    void set_peer(const IpAddress& address, std::uint16_t port) { peer_ = address, peer_port_ = port; }
    std::string last_error() const { return last_error_; }
    Executor get_executor() { return socket_.get_executor(); }

  private:
    static constexpr Duration longest_wait = std::chrono::hours(24 * 365);
    void expire() override;
    friend struct StreamBio; // stream_tls.cpp
    task<Transfer> handshake(Duration timeout);
    task<Transfer> wait(Socket::wait_type direction, Duration timeout);
    task<Transfer> receive(Duration timeout);
    Transfer outcome(const boost::system::error_code& error);
    Transfer read_raw(std::span<char> into);
    Transfer write_raw(std::string_view data);
    void expect(Duration timeout);
    task<Transfer> start_tls(SSL_CTX* context, bool server, std::string server_name, Duration timeout);
    Transfer tls_outcome(int result, std::size_t count);
    Transfer failed(int system_error);
    Transfer failed(std::string text);

    struct SslFree {
        void operator()(SSL* ssl) const;
    };
    Socket socket_;
    std::unique_ptr<SSL, SslFree> ssl_;
    IpAddress peer_;
    std::uint16_t peer_port_ = 0;
    std::array<char, 512> inbox_; ///< what a wait has received: a command's length
    std::uint16_t inbox_begin_ = 0, inbox_end_ = 0;
    bool may_have_more_ = true; ///< the last receive filled its buffer, or none has been tried
    bool ended_ = false;        ///< the peer has closed its direction
    bool waiting_ = false, expired_ = false, interrupted_ = false;
    bool tls_read_wants_write_ = false; ///< the last TLS read could not go on before the socket takes octets
    bool tls_write_wants_read_ = false;
    bool tls_drained_ =
        true; ///< the last TLS read asked for more octets: what OpenSSL holds is no whole record
    bool tls_broken_ = false; ///< after a fatal error OpenSSL must not be asked for anything
    std::string last_error_;
};

/// Connects within `timeout`; nullptr and `error` filled on failure. Literal addresses and names
/// (getaddrinfo, on Asio's resolver thread: next hops and ticket systems only, never a client's words).
task<std::unique_ptr<Stream>> connect(Endpoint to, Duration timeout, Deadlines& deadlines,
                                      std::string& error);

} // namespace lazaret::net
