// Step 2, second half: AUTH (RFC 4954). The exchange itself is pure (libs/auth); here are the client's lines, the pause
// that failed attempts earn, and where the password is checked: against the snapshot, or by Dovecot (auth_pass_on.cpp).

#include "auth/accounts.hpp"
#include "auth/sasl.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/auth_dovecot.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace lazaret::submission {

namespace replies = smtp::replies;
using auth::SaslStep;

namespace {

using PoolExecutor = net::asio::thread_pool::executor_type;
constexpr std::size_t nonce_size = 24;

/// Runs on the hashing threads. By value: it outlives the expression that spawns it.
net::asio::awaitable<bool, PoolExecutor> check(auth::Verifier verifier, std::shared_ptr<const auth::Credentials> who) {
    co_return verifier.check(who->password.view());
}

/// The newest snapshot at each question: an exchange may last as long as its client likes to think.
class SnapshotAccounts final : public auth::AccountSource {
  public:
    explicit SnapshotAccounts(Node& node) : node_(node) {}

    bool can_serve(std::string_view mechanism, const std::string& login) const {
        const auto directory = node_.snapshot()->directory;
        return auth::Accounts(*directory, node_.decoy_secret).can_serve(mechanism, login);
    }

  private:
    auth::ScramKeys scram_keys(std::string_view login) override {
        const auto directory = node_.snapshot()->directory;
        return auth::Accounts(*directory, node_.decoy_secret).scram_keys(ascii_lowercase(login));
    }
    auth::Secret shared_secret(std::string_view login) override {
        const auto directory = node_.snapshot()->directory;
        return auth::Accounts(*directory, node_.decoy_secret).shared_secret(ascii_lowercase(login));
    }
    Node& node_;
};

std::string fresh_nonce() {
    std::string octets(nonce_size, '\0');
    random_bytes(octets.data(), octets.size());
    return base64_encode(octets);
}

bool is_plus(const std::string& mechanism) {
    return mechanism.ends_with("-PLUS");
}

bool offers_plus(const std::vector<std::string>& mechanisms) {
    return std::any_of(mechanisms.begin(), mechanisms.end(), is_plus);
}

/// Whether this connection has anything to bind an exchange to: all but TLS 1.2 under an Ed25519 certificate.
bool can_bind(const net::Stream& stream) {
    return stream.tls_info().version == "TLSv1.3" || !stream.tls_server_end_point().empty();
}

std::string_view result_word(auto check) {
    using Check = decltype(check);
    switch (check) {
    case Check::right: return "ok";
    case Check::wrong: return "failed";
    case Check::paused: return "paused";
    default: return "error";
    }
}

} // namespace

net::task<> Session::authenticate(smtp::Action& action) {
    const auto begun = net::Deadline::clock::now();
    const bool ours = config().auth.backend == config::AuthBackend::directory;
    const bool shows_password = action.mechanism == "PLAIN" || action.mechanism == "LOGIN";
    Login login;
    if (ours || shows_password)
        login = co_await run_exchange(action);
    else
        login = co_await pass_on_exchange(action);
    if (login.check == Check::gone) {
        closing_ = true;
        co_return;
    }
    numbers().count_auth(action.mechanism, result_word(login.check));
    switch (login.check) {
    case Check::right:
        worker_.node().backoff.succeeded(attempt_by(login.name), lazaret::now());
        identity_.account = login.account;
        machine_.authenticated();
        say(replies::auth_ok());
        co_return;
    case Check::wrong: {
        // Where no password could be right none was guessed: a mail program's habit, which counts like one wrong password.
        const auto guess = login.hopeless ? std::string_view(action.mechanism) : login.password.view();
        const bool exists = worker_.node().snapshot()->directory->account(login.name) != nullptr;
        worker_.node().backoff.failed(attempt_by(login.name), guess, lazaret::now());
        report_login_failed(login.name, replies::auth_failed(),
                            login.hopeless && exists ? "no keys for " + action.mechanism : std::string());
        break;
    }
    case Check::paused: report_login_failed(login.name, replies::auth_paused(), "backoff"); break;
    case Check::unavailable: say(replies::auth_unavailable()); break;
    case Check::cancelled: say(replies::auth_cancelled()); break;
    case Check::too_long: say(replies::auth_line_too_long()); break;
    default: say(replies::auth_malformed()); break;
    }
    if (login.check != Check::wrong && login.check != Check::paused) {
        if (too_many_errors()) closing_ = true;
        co_return;
    }
    // Every failure takes the same time, whatever was found out on the way, and costs the client more than us.
    const bool sent = co_await flush();
    if (!sent) {
        closing_ = true;
        co_return;
    }
    const auto left = begun + config().auth.failure_delay - net::Deadline::clock::now();
    co_await stream_.pause(std::chrono::duration_cast<Duration>(left));
    say(login.check == Check::wrong ? replies::auth_failed() : replies::auth_paused());
    if (++auth_failures_ >= config().auth.max_failures) {
        say(replies::too_many_errors());
        closing_ = true;
    }
}

auth::Backoff::Attempt Session::attempt_by(const std::string& login) const {
    return {stream_.peer_address(), login, worker_.node().trusts(stream_.peer_address())};
}

bool Session::must_wait(const std::string& login) const {
    return worker_.node().backoff.wait(attempt_by(login), lazaret::now()) > Duration::zero();
}

auth::ExchangeContext Session::exchange_context() const {
    auth::ExchangeContext out;
    out.nonce = fresh_nonce();
    out.hostname = config().node.hostname;
    out.now = lazaret::now();
    if (offers_plus(settings_->port(port_).mechanisms)) {
        out.bindings.exporter = stream_.tls_exporter();
        out.bindings.server_end_point = stream_.tls_server_end_point();
    }
    out.plus_offered = out.bindings.any();
    return out;
}

void Session::offer_mechanisms() {
    const auto& ours = settings_->port(port_).mechanisms;
    if (auto* dovecot = worker_.dovecot()) {
        machine_.offer_mechanisms(dovecot->offered(ours));
    } else if (offers_plus(ours) && stream_.is_tls() && !can_bind(stream_)) {
        auto rest = std::make_shared<std::vector<std::string>>(ours);
        std::erase_if(*rest, is_plus);
        machine_.offer_mechanisms(std::move(rest));
    }
}

net::task<Session::Check> Session::challenge(std::string base64) {
    say(replies::auth_challenge(base64));
    const Input input = co_await read_line(true);
    if (input == Input::line) co_return Check::open;
    if (input == Input::too_long) co_return Check::too_long;
    if (auto last = farewell(input)) say(*last);
    co_return Check::gone;
}

net::task<Session::Login> Session::run_exchange(smtp::Action& action) {
    Login out;
    SnapshotAccounts accounts(worker_.node());
    auth::ExchangeContext context = exchange_context();
    context.accounts = &accounts;
    auto exchange = auth::make_exchange(action.mechanism, std::move(context));
    if (!exchange) { // the machine offers only what there is
        out.check = Check::malformed;
        co_return out;
    }
    SaslStep step = exchange->start(std::move(action.initial_response));
    for (;;) {
        if (out.name.empty() && !exchange->login().empty()) {
            out.name = out.account = ascii_lowercase(exchange->login());
            if (must_wait(out.name)) { // before anything is spent on it
                out.check = Check::paused;
                co_return out;
            }
        }
        if (step.state != SaslStep::State::challenge) break;
        out.check = co_await challenge(base64_encode(step.challenge));
        if (out.check != Check::open) co_return out;
        step = exchange->feed(line_);
    }
    switch (step.state) {
    case SaslStep::State::credentials: {
        auto who = std::make_shared<const auth::Credentials>(exchange->take_credentials());
        out.password = auth::Secret(who->password.view());
        if (config().auth.backend == config::AuthBackend::directory)
            out.check = co_await check_password(std::move(who));
        else
            co_await ask_dovecot(std::move(who), out);
        break;
    }
    case SaslStep::State::authenticated: out.check = Check::right; break;
    case SaslStep::State::failed:
        out.check = Check::wrong;
        out.hopeless = !accounts.can_serve(action.mechanism, out.name);
        break;
    case SaslStep::State::cancelled: out.check = Check::cancelled; break;
    default: out.check = Check::malformed; break;
    }
    co_return out;
}

net::task<Session::Check> Session::check_password(std::shared_ptr<const auth::Credentials> who) {
    auto& shared = worker_.node();
    const std::string login = ascii_lowercase(who->login);
    const auto directory = shared.snapshot()->directory;
    const auto found = auth::Accounts(*directory, shared.decoy_secret).find(login);
    const auto* account = found.account;
    if (found.damaged) {
        log::error("verifier_damaged", "an account's verifier cannot be read: set its password again", {{"account", login}});
        co_return Check::unavailable;
    }
    if (account && shared.remembered.knows(login, who->password.view(), account->verifier, lazaret::now())) co_return Check::right;

    const auto bound = config().auth.queue;
    const bool many_people = attempt_by(login).trusted;
    const auto share = many_people ? bound : std::max(2u, bound / 8);
    const auto place = shared.hashing.enter(client_key(stream_.peer_address()), bound, share);
    if (!place) co_return Check::unavailable;
    // An unknown login costs the same time as a known one.
    auto job = check(found.verifier, who);
    const bool right = co_await net::asio::co_spawn(shared.hashing.pool(), std::move(job), net::asio::use_awaitable_t<net::Executor>());
    if (!account || !right) co_return Check::wrong;
    shared.remembered.add(login, who->password.view(), account->verifier, lazaret::now());
    co_return Check::right;
}

} // namespace lazaret::submission
