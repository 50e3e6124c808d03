#pragma once
// rspamd's /checkv2 (docs.rspamd.com, "Protocol") as a client speaks it over HTTP/1.1, without a socket.

#include "scan/scanner.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lazaret::scan::rspamd {

/// rspamd names every host of a message's links, so a reply may be large.
inline constexpr std::size_t max_reply = 4 * 1024 * 1024, max_reply_header = 32 * 1024;
/// Longer texts of the envelope are cut, further recipients left out.
inline constexpr std::size_t max_value = 512, max_recipients = 1000;

/// Goes before `size` octets of message. With an account the mail is outbound to rspamd (field User), which switches off
/// what judges strangers. `settings_id` names a block of its settings.conf; "" for none. Control octets in a value become
/// '?': no client's words can make a field of their own.
std::string request(const Envelope& envelope, std::uint64_t size, std::string_view settings_id);

/// Collects the HTTP response. Pieces may be of any size.
class Response {
  public:
    enum class State { reading, whole, broken };
    Response();
    ~Response();
    Response(Response&&) noexcept;
    Response& operator=(Response&&) noexcept;

    void feed(std::string_view octets);
    void end(); ///< the peer has closed
    State state() const { return state_; }
    unsigned status() const;         ///< 0 before the header is whole
    const std::string& body() const; ///< complete when `whole`
    const std::string& reason() const { return reason_; } ///< when broken

  private:
    struct Parser;
    void restart();
    void fail(std::string reason);
    std::unique_ptr<Parser> parser_;
    State state_ = State::reading;
    std::string pending_, reason_;
};

/// Of a whole response. Anything but 200 with an action that is known is failed; so is `is_skipped` with "no action",
/// since rspamd has looked at nothing then, whereas with a refusal it was just quick about it.
Outcome parse_reply(unsigned status, std::string_view body);

} // namespace lazaret::scan::rspamd
