#include "auth/sasl.hpp"

#include "auth/cram_md5.hpp"
#include "auth/scram.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace lazaret::auth {
namespace {

using State = SaslStep::State;
constexpr std::size_t max_response = Exchange::max_login * 2 + Exchange::max_password + 2;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// RFC 4616: [authzid] NUL authcid NUL passwd.
class Plain final : public Exchange {
    SaslStep begin() override { return SaslStep(State::challenge); }

    SaslStep respond(std::string_view response) override {
        const auto first = response.find('\0');
        if (first == std::string_view::npos) return SaslStep(State::malformed);
        const auto second = response.find('\0', first + 1);
        if (second == std::string_view::npos) return SaslStep(State::malformed);
        const auto authzid = response.substr(0, first);
        const auto authcid = response.substr(first + 1, second - first - 1);
        if (!name(authcid)) return SaslStep(State::malformed);
        SaslStep step = accept(response.substr(second + 1));
        // Nobody may act for another login; many clients repeat their own.
        if (step.state == State::credentials && !authzid.empty() && !ascii_iequals(authzid, authcid))
            return SaslStep(State::failed);
        return step;
    }
};

/// draft-murchison-sasl-login: two prompts; the initial response, where a client sends one, is the login.
class Login final : public Exchange {
    SaslStep begin() override { return SaslStep(State::challenge, "Username:"); }

    SaslStep respond(std::string_view response) override {
        if (!login().empty()) return accept(response);
        return name(response) ? SaslStep(State::challenge, "Password:") : SaslStep(State::malformed);
    }
};

} // namespace

SaslStep Exchange::note(SaslStep step) {
    finished_ = step.state != State::challenge;
    return step;
}

SaslStep Exchange::start(std::optional<std::string> initial) {
    if (initial) return next(std::move(*initial));
    if (finished_) return SaslStep(State::malformed);
    return note(begin());
}

SaslStep Exchange::next(std::string response) {
    SaslStep step(State::malformed);
    if (!finished_ && response.size() <= max_response) step = respond(response);
    cleanse(response);
    return note(std::move(step));
}

SaslStep Exchange::feed(std::string_view line) {
    if (line == "*") return note(SaslStep(State::cancelled));
    auto decoded = base64_decode(line);
    if (!decoded) return note(SaslStep(State::malformed));
    return next(std::move(*decoded));
}

bool Exchange::name(std::string_view login) {
    if (login.empty() || login.size() > max_login || has_control(login) || !is_valid_utf8(login)) return false;
    login_ = login;
    return true;
}

SaslStep Exchange::accept(std::string_view password) {
    if (password.empty() || password.size() > max_password || password.find('\0') != std::string_view::npos)
        return SaslStep(State::malformed);
    credentials_ = Credentials(login_, password);
    return SaslStep(State::credentials);
}

const std::vector<std::string>& mechanisms() {
    static const std::vector<std::string> names{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"};
    return names;
}

std::unique_ptr<Exchange> make_exchange(std::string_view mechanism, ExchangeContext context) {
    if (ascii_iequals(mechanism, "PLAIN")) return std::make_unique<Plain>();
    if (ascii_iequals(mechanism, "LOGIN")) return std::make_unique<Login>();
    if (ascii_iequals(mechanism, "SCRAM-SHA-256")) return make_scram(std::move(context), false);
    if (ascii_iequals(mechanism, "SCRAM-SHA-256-PLUS")) return make_scram(std::move(context), true);
    if (ascii_iequals(mechanism, "CRAM-MD5")) return make_cram_md5(std::move(context));
    return nullptr;
}

} // namespace lazaret::auth
