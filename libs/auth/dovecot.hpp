#pragma once
// The client's side of Dovecot's authentication protocol 1.x, as SMTP servers speak it, without a socket: lines of
// words between tabs. After a handshake in both directions requests and replies carry numbers and may overtake each
// other. What Dovecot sends is bounded and checked like any peer's words.

#include "core/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::auth {

struct DovecotReply {
    enum class Kind {
        ok,      ///< the login is good; `user` as Dovecot calls it
        fail,    ///< it is not; or `temporary`: Dovecot could not find out
        go_on,   ///< `data` is the challenge, base64 as it came
    };
    std::uint32_t id = 0;
    Kind kind = Kind::fail;
    bool temporary = false;
    std::string user, data;

    DovecotReply() = default; // travels through coroutines: no aggregate
};

/// What Dovecot is told about the client, for its own rules and logs.
struct DovecotClient {
    IpAddress local, remote;
    std::uint16_t local_port = 0, remote_port = 0;

    DovecotClient() = default;
};

class Dovecot {
  public:
    enum class State { handshake, ready, broken };
    static constexpr std::size_t max_line = 16 * 1024, max_mechanisms = 64;

    /// First thing to send.
    static std::string greeting(std::uint32_t process_id);
    /// Takes everything; replies wait in next(). Broken: close, reason().
    void feed(std::string_view octets);
    State state() const { return state_; }
    const std::string& reason() const { return reason_; }
    /// Upper case, without those that only Dovecot's own programs may use. Complete from `ready` on.
    const std::vector<std::string>& mechanisms() const { return mechanisms_; }
    std::optional<DovecotReply> next();

    /// A login under a number that is not in use. `mechanism` is one of mechanisms(); `response` raw octets.
    static std::string begin(std::uint32_t id, std::string_view mechanism, const DovecotClient& client,
                             const std::optional<std::string>& response);
    static std::string go_on(std::uint32_t id, std::string_view response);
    static std::string cancel(std::uint32_t id);

  private:
    void line(std::string_view text);
    void reply(DovecotReply::Kind kind, const std::vector<std::string_view>& words);
    void fail(std::string reason);

    State state_ = State::handshake;
    bool version_seen_ = false;
    std::string buffer_, reason_;
    std::vector<std::string> mechanisms_;
    std::vector<DovecotReply> replies_; ///< oldest first
    std::size_t given_ = 0;
};

} // namespace lazaret::auth
