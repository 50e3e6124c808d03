#pragma once
// The sink's side of one connection: an SMTP server that takes everything and keeps nothing but counts.

#include "programs/channel.hpp"
#include "programs/mail.hpp"
#include "programs/poller.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lazaret::bench {

struct Counts {
    std::uint64_t messages = 0, octets = 0, connections = 0;
    Fingerprint seen;
};

class Hop {
  public:
    /// `tls` nullptr: no STARTTLS.
    Hop(Channel channel, SSL_CTX* tls, Counts& counts, Poller& poller);
    Hop(const Hop&) = delete;

    void ready();
    bool ended() const { return !channel_.is_open(); }

  private:
    enum class Stage { command, content, handshake, quit };

    void shake_hands();
    void take_input();
    void command(std::string_view line);
    bool content(); ///< true when the final dot was there
    void flush();

    Channel channel_;
    SSL_CTX* tls_;
    Counts& counts_;
    Poller& poller_;
    Stage stage_ = Stage::command;
    bool secure_ = false, watching_writes_ = false;
    std::string in_, out_;
    std::uint64_t number_ = 0; ///< of the message in progress
};

} // namespace lazaret::bench
