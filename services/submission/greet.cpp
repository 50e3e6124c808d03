// RFC 5321 3.1 and 4.3.1: the first word is ours: 220, or 554 to a client that may not go on.

#include "core/text.hpp"
#include "log/log.hpp"
#include "smtp/replies.hpp"
#include "submission/session.hpp"
#include "submission/worker.hpp"

namespace lazaret::submission {

namespace replies = smtp::replies;
using State = net::Transfer::State;

namespace {

/// After a 554 the client should hear 503 to everything until its QUIT (RFC 5321 3.1); politeness has its bounds.
constexpr Duration longest_wait_for_quit = std::chrono::seconds(10);
constexpr int most_lines_before_quit = 20;
constexpr std::uint32_t most_waiting_for_quit = 500; // of all threads

/// One of those that wait, or none where there are too many.
class Turn {
  public:
    explicit Turn(std::atomic<std::uint32_t>& waiting)
        : waiting_(waiting), granted_(waiting.fetch_add(1, std::memory_order_relaxed) < most_waiting_for_quit) {}
    ~Turn() { waiting_.fetch_sub(1, std::memory_order_relaxed); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool granted() const { return granted_; }

  private:
    std::atomic<std::uint32_t>& waiting_;
    const bool granted_;
};

} // namespace

net::task<bool> Session::greet() {
    if (port_ != Port::filter && stream_.peer_address().is_unspecified()) co_return false; // gone between accept and here
    if (port_ == Port::submissions) {
        const bool up = co_await start_tls();
        if (!up) co_return false;
    }
    if (port_ == Port::relay && !speaks_for_itself_) {
        if (!identify_network()) {
            numbers().of(port_).refused_network.Increment();
            co_await turn_away(replies::not_permitted(stream_.peer_address().to_string()), event::RefusedBy::rights,
                               "network may not relay");
            co_return false;
        }
        const bool silent = co_await hear_silence();
        if (!silent) co_return false;
    }
    say(machine_.banner());
    co_return true;
}

/// A client that talks before the greeting does not listen: spam software, mostly. True when it leaves us the first word.
net::task<bool> Session::hear_silence() {
    const auto client = stream_.peer_address();
    auto& shared = worker_.node();
    if (shared.trusts(client)) co_return true;
    const auto pause = config().server.greet_pause;
    // Spam software sits on PCs at dynamic addresses; a company's server loses no time.
    const bool waits = pause > Duration::zero() && identity_.klass == subscriber::Class::dynamic &&
                       !shared.patience.known(client_key(client), lazaret::now());
    if (waits) {
        const net::Transfer woken = co_await stream_.wait_readable(pause);
        if (woken.state == State::closed) co_return false;
        if (woken.state == State::error) { // a drain begins, or an operator ends it
            if (ending()) say(*farewell(Input::interrupted));
            co_return false;
        }
    }
    net::Transfer heard(State::done, 0);
    if (lines_.rest().empty()) heard = stream_.try_read(worker_.scratch().first(1));
    if (heard.state == State::would_block) {
        if (waits) shared.patience.waited(client_key(client), lazaret::now());
        co_return true;
    }
    if (!heard.ok()) co_return false;
    lines_.feed(std::string_view(worker_.scratch().data(), heard.count));
    shared.patience.talked_early(client_key(client));
    numbers().of(port_).refused_early.Increment();
    co_await turn_away(replies::early_talker(), event::RefusedBy::protocol, "talked before the greeting");
    co_return false;
}

net::task<> Session::turn_away(smtp::Reply reply, event::RefusedBy by, const char* reason) {
    say(reply);
    const auto client = stream_.peer_address();
    if (worker_.node().worth_an_event(client_key(client), lazaret::now())) {
        log::info("connection_refused", reason, {{"client", client.to_string()}, {"listener", to_string(port_)}});
        auto refused = event(event::Type::connection_refused);
        refused.refused_by = by;
        refused.reason = reason;
        refused.reply_code = reply.code();
        refused.enhanced = reply.enhanced().to_string();
        write(std::move(refused));
    }
    co_await await_quit();
}

net::task<> Session::await_quit() {
    const Turn turn(worker_.node().waiting_for_quit);
    if (!turn.granted()) co_return;
    const auto until = net::Deadline::clock::now() + longest_wait_for_quit;
    phase_ = Phase::farewell;
    for (int line = 0; line < most_lines_before_quit; ++line) {
        const auto left = std::chrono::duration_cast<Duration>(until - net::Deadline::clock::now());
        const Input input = co_await read_line(false, left);
        if (input != Input::line && input != Input::too_long) co_return;
        if (input == Input::line && ascii_iequals(trim(line_), "QUIT")) {
            say(replies::closing());
            co_return;
        }
        say(replies::only_quit());
    }
}

} // namespace lazaret::submission
