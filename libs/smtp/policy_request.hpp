#pragma once
// Postfix's policy delegation, the server's side: a request is lines "name=value" and an empty line, the answer is one line
// "action=..." and an empty line; connections carry one request after another.

#include "core/address.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lazaret::smtp {

/// Of the attributes those that we use; the others are read and forgotten. What did not come is empty.
struct PolicyRequest {
    std::string state;    ///< protocol_state: "RCPT", "END-OF-MESSAGE", ...
    std::string instance; ///< names one message of one server process
    std::string sender, recipient, helo;
    std::string client_name;
    std::optional<IpAddress> client;
    std::uint16_t client_port = 0;
    std::string login;              ///< sasl_username
    std::uint32_t recipients = 0;   ///< recipient_count: not 0 only at DATA and END-OF-MESSAGE
    std::uint64_t size = 0;         ///< at END-OF-MESSAGE that of the message
    bool operator==(const PolicyRequest&) const = default;
};

/// Fed octets, gives requests. Bounded: a line over 4 KiB, a request over 64 KiB or 200 lines, a line without "=", an octet
/// NUL, a number that is none and a request of another kind are faults. After a fault the connection is useless.
class PolicyReader {
  public:
    enum class State { need_more, complete, fault };
    /// Takes octets up to the end of one request and says how many; the rest is for the next call.
    std::size_t feed(std::string_view input);
    State state() const { return state_; }
    PolicyRequest take(); ///< of State::complete; the reader is ready for the next one
    bool idle() const { return state_ == State::need_more && line_.empty() && lines_ == 0; }

  private:
    void end_line();
    bool set(std::string_view name, std::string_view value);

    State state_ = State::need_more;
    std::string line_;
    PolicyRequest request_;
    bool asks_access_ = false; ///< request=smtpd_access_policy was seen
    std::size_t total_ = 0, lines_ = 0;
};

/// "action=DUNNO": nothing to say against it, the server's next restriction decides.
void append_dunno(std::string& wire);
/// "action=550 5.7.1 text": the server gives the client this reply. One line whatever the text holds.
void append_action(std::string& wire, const Reply& reply);

} // namespace lazaret::smtp
