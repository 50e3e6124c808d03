#pragma once
// One client: connects, says EHLO, where told STARTTLS and AUTH, sends its messages one after another, QUITs.

#include "programs/channel.hpp"
#include "programs/poller.hpp"
#include "programs/tally.hpp"

#include <string>
#include <string_view>

namespace lazaret::bench {

/// What all clients of a run have in common.
struct Orders {
    sockaddr_in server = {};
    std::uint32_t first_source = 0, sources = 1; ///< client addresses, host order: each connection takes the next
    SSL_CTX* tls = nullptr;                      ///< STARTTLS where it is set
    std::string auth;                            ///< AUTH PLAIN's initial response; "" = none
    std::string content;
    unsigned messages = 1; ///< per connection
    bool pipeline = false; ///< MAIL, RCPT and DATA in one write (RFC 2920)
    bool hold = false;     ///< stay when ready for MAIL, send nothing
};

class Client {
  public:
    enum class State { busy, held, ended };

    /// Connects at once. Its first message is `number`, and that one's latency counts from `since`.
    Client(const Orders& orders, Tally& tally, Poller& poller, std::uint64_t number, Clock::time_point since);
    Client(const Client&) = delete;

    State state() const { return state_; }
    void ready(); ///< the poller said so
    void leave(); ///< ends a held connection

  private:
    enum class Stage { connecting, banner, hello, starttls, handshake, auth, mail, rcpt, data, content, held, quit };

    void shake_hands();
    void read_replies();
    void answered(std::string_view reply);
    void after_hello();
    void begin_message();
    void next_message();
    void say(Stage stage, std::string_view text, std::string_view content = {});
    void flush();
    void watch(bool writes);
    void fail(std::string_view what);
    void end();

    const Orders& orders_;
    Tally& tally_;
    Poller& poller_;
    Channel channel_;
    Stage stage_ = Stage::connecting;
    State state_ = State::busy;
    bool secure_ = false, watching_writes_ = true;
    std::string in_, out_;
    std::string_view content_; ///< of the message, goes out after out_
    std::uint64_t number_;
    unsigned sent_ = 0;
    Clock::time_point since_;
};

} // namespace lazaret::bench
