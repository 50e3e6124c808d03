// SASL exchanges, server side: lines as a client sends them, and nothing but a proof that was never sent could ever
// authenticate. First octet: the mechanism, and whether the first line is an initial response.

#include "auth/sasl.hpp"
#include "core/text.hpp"
#include "fuzz/check.hpp"

#include <cstdint>
#include <string>

using lazaret::fuzz::check;
using namespace lazaret;
using namespace lazaret::auth;

namespace {

class Source final : public AccountSource {
    ScramKeys scram_keys(std::string_view login) override {
        check(!login.empty() && login.size() <= Exchange::max_login && is_valid_utf8(login), "a login that may be one");
        ScramKeys out;
        out.iterations = 4096;
        out.salt = "0123456789abcdef";
        out.stored_key = out.server_key = std::string(32, 'k'); // of which nobody knows the hash's origin
        return out;
    }
    Secret shared_secret(std::string_view) override { return Secret("not to be found in any seed"); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    Source source;
    ExchangeContext context;
    context.accounts = &source;
    context.nonce = "servernonce";
    context.hostname = "mx.example.net";
    context.bindings.exporter = std::string(32, 'x');
    context.plus_offered = (data[0] & 64) != 0;
    const auto& name = mechanisms()[data[0] % mechanisms().size()];
    const auto exchange = make_exchange(name, std::move(context));

    std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto line = [&rest] {
        const auto end = rest.find('\n');
        const std::string out(rest.substr(0, end)); // its own block: reading past it is seen
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return out;
    };
    std::optional<std::string> initial;
    if (data[0] & 128) initial = line();
    SaslStep step = exchange->start(std::move(initial));
    int turns = 0;
    while (step.state == SaslStep::State::challenge && !rest.empty()) {
        check(++turns <= 3, "an exchange ends");
        check(step.challenge.size() <= 2048, "a challenge is bounded");
        const std::string text = line();
        // Raw as well as base64, so that mutations reach the messages themselves.
        step = data[0] & 32 ? exchange->feed(text) : exchange->next(text);
    }
    check(step.state != SaslStep::State::authenticated, "nobody gets in without the proof");
    if (step.state == SaslStep::State::credentials) {
        const auto who = exchange->take_credentials();
        check(who.login == exchange->login() && !who.login.empty() && is_valid_utf8(who.login), "a login that may be one");
        check(!who.password.view().empty() && who.password.view().find('\0') == std::string_view::npos, "a password without NUL");
    }
    check(exchange->next("").state == SaslStep::State::malformed || step.state == SaslStep::State::challenge, "over is over");
    return 0;
}
