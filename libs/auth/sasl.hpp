#pragma once
// The server's side of a SASL exchange (RFC 4422) as a machine without a socket: fed responses, it says what to
// send next, hands out credentials to be checked elsewhere (PLAIN, LOGIN: a costly hash, which belongs off the
// I/O thread), or has made sure by itself (SCRAM, CRAM-MD5: a few HMACs).

#include "auth/secret.hpp"
#include "auth/verifier.hpp"
#include "core/time.hpp"

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
        challenge,     ///< send `challenge` as 334 base64, feed the answer
        credentials,   ///< take_credentials() and check them
        authenticated, ///< it is login() indeed
        failed,        ///< well-formed, but not acceptable (a wrong proof, acting for another login): 535
        cancelled,     ///< the client sent "*": 501 (RFC 4954 4)
        malformed,     ///< 501
    };
    State state = State::malformed;
    std::string challenge; ///< raw octets, to be base64ed; may be empty

    SaslStep() = default;
    explicit SaslStep(State s, std::string text = {}) : state(s), challenge(std::move(text)) {}
};

/// Asked by exchanges that prove the password themselves. For a login that does not exist, or whose verifier
/// does not fit the mechanism, the answer is a decoy that is the same whenever that login is asked for.
class AccountSource {
  public:
    virtual ~AccountSource() = default;
    virtual ScramKeys scram_keys(std::string_view login) = 0;
    virtual Secret shared_secret(std::string_view login) = 0;
};

/// What both ends know about the TLS connection between them; "" where there is none.
struct ChannelBindings {
    std::string exporter;         ///< tls-exporter, RFC 9266
    std::string server_end_point; ///< tls-server-end-point, RFC 5929 4

    bool any() const { return !exporter.empty() || !server_end_point.empty(); }
};

/// What an exchange needs besides the client's words. `accounts` outlives the exchange.
struct ExchangeContext {
    AccountSource* accounts = nullptr;
    ChannelBindings bindings;
    bool plus_offered = false; ///< a -PLUS mechanism stood in EHLO: a client that saw none was lied to
    std::string nonce;         ///< fresh and not to be guessed: at least 18 random octets in base64
    std::string hostname;      ///< CRAM-MD5's challenge names it
    Time now{};                ///< CRAM-MD5's challenge names it
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
    /// As sent; "" as long as the client has not named itself. Known no later than anything that depends on it,
    /// and also when the exchange fails.
    const std::string& login() const { return login_; }

  protected:
    virtual SaslStep begin() = 0; ///< no initial response
    virtual SaslStep respond(std::string_view response) = 0;
    /// False for what cannot be a login: 1-255 octets of UTF-8 without controls.
    bool name(std::string_view login);
    SaslStep accept(std::string_view password); ///< for the one who was named

  private:
    std::string login_;
    Credentials credentials_;
    bool finished_ = false;
    SaslStep note(SaslStep step);
};

/// The names of all there are, strongest first.
const std::vector<std::string>& mechanisms();
/// A mechanism of that list, any case; nullptr for anything else.
std::unique_ptr<Exchange> make_exchange(std::string_view mechanism, ExchangeContext context);

} // namespace lazaret::auth
