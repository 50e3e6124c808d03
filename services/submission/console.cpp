#include "submission/console.hpp"

#include "log/log.hpp"
#include "submission/console_protocol.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/socket.h>

#include <array>
#include <map>
#include <utility>

namespace lazaret::submission {

namespace asio = net::asio;
using console::Request;

namespace {

constexpr std::size_t most_connections = 32;
constexpr std::size_t most_request = 4096;
constexpr Duration request_timeout = std::chrono::seconds(60);
constexpr Duration write_timeout = std::chrono::seconds(10);
/// How often a tracer's queue is looked at: soon enough for eyes, and sessions need not wake anybody.
constexpr Duration trace_interval = std::chrono::milliseconds(100);

struct Found {
    std::vector<SessionView> sessions;
    std::size_t left_off = 0;
};

/// These two run on the worker's thread: spawned there, awaited here.
net::task<Found> find_on(Worker& worker, Selection wanted, std::size_t most) {
    Found found;
    found.left_off = worker.find(wanted, most, found.sessions);
    co_return found;
}

net::task<std::size_t> kill_on(Worker& worker, Selection wanted) {
    co_return worker.kill(wanted);
}

constexpr auto on_worker = asio::use_awaitable_t<net::Executor>();

/// Ends the watching however its coroutine ends.
class Watch {
  public:
    Watch(Tracing& tracing, Selection wanted) : tracing_(tracing), tracer_(tracing.start(std::move(wanted))) {}
    ~Watch() {
        if (tracer_) tracing_.stop(tracer_);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    Tracer* tracer() { return tracer_.get(); }

  private:
    Tracing& tracing_;
    const std::shared_ptr<Tracer> tracer_;
};

} // namespace

struct Console::State {
    State(asio::io_context& i, net::Deadlines& d, Node& n, std::vector<Worker*> w)
        : io(i), deadlines(d), node(n), workers(std::move(w)) {}
    asio::io_context& io;
    net::Deadlines& deadlines;
    Node& node;
    const std::vector<Worker*> workers;
    std::map<net::Stream*, unsigned> open; ///< with the user at the other end

    static net::task<> serve(std::shared_ptr<State> self, std::unique_ptr<net::Stream> stream, unsigned user);
    static net::task<bool> read_line(net::Stream& stream, std::string& pending, std::string& line);
    static net::task<bool> answer(State& self, net::Stream& stream, const std::string& line, unsigned user);
    static net::task<bool> list(State& self, net::Stream& stream, const Request& request);
    static net::task<bool> kill(State& self, net::Stream& stream, const Request& request, unsigned user);
    static net::task<bool> trace(State& self, net::Stream& stream, const Request& request, unsigned user);
    static net::task<bool> send(net::Stream& stream, const std::string& wire) {
        const auto sent = co_await stream.write(wire, write_timeout);
        co_return sent.ok();
    }
};

net::task<bool> Console::State::read_line(net::Stream& stream, std::string& pending, std::string& line) {
    std::array<char, 1024> buffer;
    for (;;) {
        if (const auto end = pending.find('\n'); end != std::string::npos) {
            line = pending.substr(0, end);
            pending.erase(0, end + 1);
            co_return true;
        }
        if (pending.size() > most_request) co_return false;
        const auto read = stream.try_read(buffer);
        if (read.ok()) {
            pending.append(buffer.data(), read.count);
            continue;
        }
        if (read.state != net::Transfer::State::would_block) co_return false;
        const auto ready = co_await stream.wait_readable(request_timeout);
        if (!ready.ok()) co_return false;
    }
}

net::task<> Console::State::serve(std::shared_ptr<State> self, std::unique_ptr<net::Stream> stream, unsigned user) {
    self->open.emplace(stream.get(), user);
    std::string pending, line;
    for (;;) {
        const bool got = co_await read_line(*stream, pending, line);
        if (!got) break;
        const bool alive = co_await answer(*self, *stream, line, user);
        if (!alive) break;
    }
    self->open.erase(stream.get());
}

net::task<bool> Console::State::answer(State& self, net::Stream& stream, const std::string& line, unsigned user) {
    const auto request = console::parse(line);
    bool alive = false;
    if (!request) {
        const auto wire = console::error_line(request.error().message);
        alive = co_await send(stream, wire);
        co_return alive;
    }
    switch (request->kind) {
    case Request::Kind::sessions: alive = co_await list(self, stream, *request); break;
    case Request::Kind::kill: alive = co_await kill(self, stream, *request, user); break;
    case Request::Kind::trace: alive = co_await trace(self, stream, *request, user); break;
    }
    co_return alive;
}

net::task<bool> Console::State::list(State& self, net::Stream& stream, const Request& request) {
    std::size_t listed = 0, left_off = 0;
    for (auto* worker : self.workers) {
        auto job = find_on(*worker, request.wanted, request.most - listed);
        const Found found = co_await asio::co_spawn(worker->io(), std::move(job), on_worker);
        std::string wire;
        for (const auto& session : found.sessions) {
            wire += console::session_line(session);
            if (wire.size() < 64 * 1024) continue;
            const bool alive = co_await send(stream, wire);
            if (!alive) co_return false;
            wire.clear();
        }
        listed += found.sessions.size();
        left_off += found.left_off;
        const bool alive = co_await send(stream, wire);
        if (!alive) co_return false;
    }
    const auto last = console::listed_line(listed, left_off);
    const bool alive = co_await send(stream, last);
    co_return alive;
}

net::task<bool> Console::State::kill(State& self, net::Stream& stream, const Request& request, unsigned user) {
    std::size_t killed = 0;
    for (auto* worker : self.workers) {
        auto job = kill_on(*worker, request.wanted);
        killed += co_await asio::co_spawn(worker->io(), std::move(job), on_worker);
    }
    log::info("sessions_killed", "an operator has ended sessions", {{"sessions", killed}, {"user", user}});
    const auto wire = console::killed_line(killed);
    const bool alive = co_await send(stream, wire);
    co_return alive;
}

net::task<bool> Console::State::trace(State& self, net::Stream& stream, const Request& request, unsigned user) {
    Watch watch(self.node.tracing, request.wanted);
    auto wire = watch.tracer() ? console::tracing_line() : console::error_line("too many traces run already");
    bool alive = co_await send(stream, wire);
    if (!watch.tracer()) co_return alive;
    log::info("trace_begun", "an operator watches a dialogue", {{"user", user}});
    while (alive) {
        const auto taken = watch.tracer()->take();
        wire.clear();
        for (const auto& line : taken.lines) wire += console::trace_line(line);
        if (taken.dropped > 0) wire += console::dropped_line(taken.dropped);
        alive = co_await send(stream, wire);
        if (!alive) break;
        const auto woken = co_await stream.wait_readable(trace_interval);
        alive = woken.state == net::Transfer::State::timeout; // it says nothing more: readable is its end
    }
    co_return false;
}

Console::Console(asio::io_context& io, net::Deadlines& deadlines, Node& node, std::vector<Worker*> workers)
    : state_(std::make_shared<State>(io, deadlines, node, std::move(workers))) {}

Console::~Console() {
    stop();
}

Result<void> Console::start(const std::filesystem::path& path) {
    const auto at = Endpoint::parse("unix:" + path.string());
    if (!at) return at.error();
    asio::io_context* contexts[] = {&state_->io};
    auto listeners = net::listen(*at, contexts);
    if (!listeners) return listeners.error();
    path_ = path;
    listener_ = std::move(listeners->front());
    listener_->start([state = state_](net::Accepted connection) {
        if (state->open.size() >= most_connections) return; // closed by the socket's destructor
        ucred peer{};
        socklen_t size = sizeof peer;
        ::getsockopt(connection.socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
        auto stream = std::make_unique<net::Stream>(std::move(connection), state->deadlines);
        asio::co_spawn(state->io, State::serve(state, std::move(stream), peer.uid), [](std::exception_ptr thrown) {
            if (!thrown) return;
            try {
                std::rethrow_exception(thrown);
            } catch (const std::exception& e) {
                log::error("console_failed", "an operator's connection ended in an exception, which is a bug", {{"what", e.what()}});
            }
        });
    });
    return {};
}

void Console::stop() {
    if (!listener_) return;
    listener_->stop();
    listener_.reset();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored); // a client is told that nobody is there, not kept waiting
    for (auto& [stream, user] : state_->open) stream->close();
}

} // namespace lazaret::submission
