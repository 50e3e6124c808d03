#pragma once
// The server's side of a SASL exchange as a machine without a socket: fed responses, it says what to send
// next or hands out the credentials. It decides nothing about the password; that is costly and belongs off
// the I/O thread.

#include "auth/secret.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lazaret::auth {

/// What the client claims. Move-only; the password is overwritten when it goes.
struct Credentials {
    std::string login; ///< 1-255 octets of UTF-8 without controls, as sent
    Secret password;   ///< 1-1024 octets without NUL

    Credentials() = default;
    Credentials(std::string_view name, std::string_view secret) : login(name), password(secret) {}
};

struct SaslStep {
    enum class State {
        challenge,   ///< send `challenge` as 334 base64, feed the answer
        credentials, ///< take_credentials()
        failed,      ///< well-formed, but never acceptable (acting for another login): 535
        cancelled,   ///< the client sent "*": 501 (RFC 4954 4)
        malformed,   ///< 501
    };
    State state = State::malformed;
    std::string challenge; ///< raw octets, to be base64ed; may be empty

    SaslStep() = default;
    explicit SaslStep(State s, std::string text = {}) : state(s), challenge(std::move(text)) {}
};

/// One AUTH command. Use once: start(), then feed() or next() as long as the step is a challenge.
class Exchange {
  public:
    static constexpr std::size_t max_login = 255, max_password = 1024;

    virtual ~Exchange() = default;
    /// `initial` is the decoded initial response; nullopt = none given (RFC 4954 4: "=" is an empty one).
    SaslStep start(std::optional<std::string> initial);
    /// One response, decoded.
    SaslStep next(std::string response);
    /// One response line as the client sent it, without CRLF: "*" cancels, anything else is base64.
    SaslStep feed(std::string_view line);
    /// Once, after the step `credentials`.
    Credentials take_credentials() { return std::move(credentials_); }

  protected:
    virtual SaslStep begin() = 0; ///< no initial response
    virtual SaslStep respond(std::string_view response) = 0;
    SaslStep accept(std::string_view login, std::string_view password);

  private:
    Credentials credentials_;
    bool finished_ = false;
    SaslStep note(SaslStep step);
};

/// The names for EHLO, strongest first.
const std::vector<std::string>& mechanisms();
/// "PLAIN" (RFC 4616) or "LOGIN" (draft-murchison-sasl-login), any case; nullptr for anything else.
std::unique_ptr<Exchange> make_exchange(std::string_view mechanism);

} // namespace lazaret::auth
