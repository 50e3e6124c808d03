// Step 2, second half: AUTH (RFC 4954). Cheap checks here; the password's hash on threads of its own.

#include "auth/sasl.hpp"
#include "auth/verifier.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lazaret::submission {

namespace replies = smtp::replies;
using auth::SaslStep;

namespace {

using PoolExecutor = net::asio::thread_pool::executor_type;

/// Runs on the hashing threads. By value: it outlives the expression that spawns it.
net::asio::awaitable<bool, PoolExecutor> check(auth::Verifier verifier, std::shared_ptr<const auth::Credentials> who) {
    co_return verifier.check(who->password.view());
}

} // namespace

net::task<> Session::authenticate(const smtp::Action& action) {
    auto exchange = auth::make_exchange(action.mechanism);
    if (!exchange) { // the machine offers only what there is
        say(replies::mechanism_unknown());
        co_return;
    }
    SaslStep step = exchange->start(action.initial_response);
    while (step.state == SaslStep::State::challenge) {
        say(replies::auth_challenge(base64_encode(step.challenge)));
        const Input input = co_await read_line(true);
        if (input == Input::too_long) {
            step = SaslStep(SaslStep::State::malformed);
        } else if (input != Input::line) {
            if (auto last = farewell(input)) say(*last);
            closing_ = true;
            co_return;
        } else {
            step = exchange->feed(line_);
        }
    }
    if (step.state == SaslStep::State::cancelled || step.state == SaslStep::State::malformed) {
        numbers().count_auth(action.mechanism, "error");
        say(step.state == SaslStep::State::cancelled ? replies::auth_cancelled() : replies::auth_malformed());
        co_return;
    }

    Check outcome = Check::wrong;
    std::string login;
    if (step.state == SaslStep::State::credentials) {
        auto who = std::make_shared<const auth::Credentials>(exchange->take_credentials());
        login = ascii_lowercase(who->login);
        outcome = co_await check_password(std::move(who));
    }
    if (outcome == Check::unavailable) {
        numbers().count_auth(action.mechanism, "error");
        say(replies::auth_unavailable());
        co_return;
    }
    if (outcome == Check::right) {
        numbers().count_auth(action.mechanism, "ok");
        identity_.account = login;
        machine_.authenticated();
        say(replies::auth_ok());
        co_return;
    }
    numbers().count_auth(action.mechanism, "failed");
    say(replies::auth_failed());
    report_login_failed(login);
    if (++auth_failures_ >= config().auth.max_failures) {
        say(replies::too_many_errors());
        closing_ = true;
    }
}

net::task<Session::Check> Session::check_password(std::shared_ptr<const auth::Credentials> who) {
    auto& shared = worker_.node();
    const std::string login = ascii_lowercase(who->login);
    const auto directory = shared.snapshot()->directory;
    const auto* account = directory->account(login);
    const std::string stored = account ? account->verifier : std::string();
    if (account && shared.remembered.knows(login, who->password.view(), stored, lazaret::now())) co_return Check::right;

    auto verifier = auth::Verifier::parse(stored);
    if (account && !verifier) {
        log::error("verifier_damaged", "an account's verifier cannot be read: set its password again", {{"account", login}});
        co_return Check::unavailable;
    }
    if (!shared.enter_hashing()) co_return Check::unavailable;
    // An unknown login costs the same time as a known one.
    auto job = check(verifier ? *verifier : auth::decoy(), who);
    const bool right = co_await net::asio::co_spawn(shared.hashing(), std::move(job), net::asio::use_awaitable_t<net::Executor>());
    shared.leave_hashing();
    if (!account || !right) co_return Check::wrong;
    shared.remembered.add(login, who->password.view(), stored, lazaret::now());
    co_return Check::right;
}

} // namespace lazaret::submission
