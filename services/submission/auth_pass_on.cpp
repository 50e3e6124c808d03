// Logins that Dovecot checks (auth.backend = "dovecot"): passwords are handed to it, and exchanges that prove a password
// pass between it and the client as they are. Which subscriber a login belongs to is still ours to say.

#include "auth/cram_md5.hpp"
#include "auth/scram.hpp"
#include "core/text.hpp"
#include "smtp/replies.hpp"
#include "submission/auth_dovecot.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace {

using Kind = auth::DovecotReply::Kind;

auth::DovecotClient about(const net::Stream& stream) {
    auth::DovecotClient out;
    const auto [address, port] = stream.local();
    out.local = address;
    out.local_port = port;
    out.remote = stream.peer_address();
    out.remote_port = stream.peer_port();
    return out;
}

/// Whom a response names, for the back-off: all that we read of an exchange that passes.
std::string claimed_login(const std::string& mechanism, const std::string& response) {
    return ascii_lowercase(mechanism == "CRAM-MD5" ? auth::cram_md5_login(response) : auth::scram_login(response));
}

} // namespace

void Session::take_answer(const std::optional<auth::DovecotReply>& reply, Login& login) const {
    login.check = Check::unavailable;
    if (!reply || reply->temporary) return;
    login.check = Check::wrong;
    if (reply->kind != Kind::ok) return;
    login.account = ascii_lowercase(reply->user.empty() ? login.name : reply->user);
    // A login without subscriber could not be counted, limited or confined: it may not send.
    if (worker_.node().snapshot()->directory->account(login.account)) login.check = Check::right;
}

net::task<> Session::ask_dovecot(std::shared_ptr<const auth::Credentials> who, Login& login) {
    auto& dovecot = *worker_.dovecot();
    const auto id = dovecot.number();
    std::string response(1, '\0');
    response.append(who->login).append(1, '\0').append(who->password.view());
    std::string line = auth::Dovecot::begin(id, "PLAIN", about(stream_), response);
    auth::cleanse(response);
    const auto reply = co_await dovecot.ask(id, std::move(line));
    take_answer(reply, login);
    if (reply && reply->kind == Kind::go_on) dovecot.cancel(id); // there is nothing to go on with in PLAIN
}

net::task<Session::Login> Session::pass_on_exchange(smtp::Action& action) {
    Login out;
    auto& dovecot = *worker_.dovecot();
    const auto id = dovecot.number();
    std::optional<std::string> response = std::move(action.initial_response);
    std::string line = auth::Dovecot::begin(id, action.mechanism, about(stream_), response);
    for (;;) {
        if (response && out.name.empty()) {
            out.name = claimed_login(action.mechanism, *response);
            if (!out.name.empty() && must_wait(out.name)) {
                out.check = Check::paused;
                break;
            }
        }
        const auto reply = co_await dovecot.ask(id, std::move(line));
        if (!reply || reply->kind != Kind::go_on) {
            take_answer(reply, out);
            co_return out;
        }
        out.check = co_await challenge(reply->data);
        if (out.check != Check::open) break;
        out.check = line_ == "*" ? Check::cancelled : Check::malformed;
        auto decoded = base64_decode(line_);
        if (out.check == Check::cancelled || !decoded) break;
        response = std::move(*decoded);
        line = auth::Dovecot::go_on(id, *response);
    }
    dovecot.cancel(id);
    co_return out;
}

} // namespace lazaret::submission
