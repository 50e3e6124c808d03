#include "relay/pool.hpp"

#include "relay/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace lazaret::relay {

namespace {

namespace asio = net::asio;
using Kind = Fault::Kind;
using clock = net::Deadline::clock;
using Timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, net::Executor>;
constexpr Duration maintenance = std::chrono::seconds(1);

Fault stopping() {
    return Fault(Kind::local, "shutting down");
}

} // namespace

/// Somebody in a queue; woken by cancelling its timer.
struct Pool::Waiter
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    Waiter(const net::Executor& executor, Duration longest) : timer(executor) {
        timer.expires_after(longest);
    }
    void wake() {
        unlink();
        timer.cancel();
    }
    Timer timer;
    bool granted = false;
};

struct Pool::State {
    State(net::Executor on, net::Deadlines& sweep, PoolSettings with)
        : executor(on), deadlines(sweep), settings(std::move(with)), hop(Hop::of(settings.address)), timer(on) {}
    ~State() { close_idle(clock::time_point::max()); }

    using Connections = std::vector<std::unique_ptr<Connection>>;
    using Queue = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

    /// In step, and not closed: many next hops close what was idle for long, which is no fault of theirs.
    bool alive(Connection& connection) {
        const auto fault = connection.check_quiet();
        if (fault.kind == Kind::unsolicited) hop->faults.Increment();
        return !fault;
    }
    std::unique_ptr<Connection> take_out(Connections::iterator at) {
        auto connection = std::move(*at);
        idle.erase(at);
        hop->idle.Decrement();
        return connection;
    }
    /// Newest first: a pool that needs fewer connections lets the old ones expire.
    std::unique_ptr<Connection> take_idle(std::string_view login) {
        while (!idle.empty()) {
            auto at = idle.end() - 1;
            if (settings.xclient_login) {
                const auto told = std::find_if(idle.rbegin(), idle.rend(),
                                               [&](const auto& each) { return each->login() == login; });
                if (told != idle.rend()) at = told.base() - 1;
            }
            auto connection = take_out(at);
            if (alive(*connection)) return connection;
        }
        return nullptr;
    }
    void put_idle(std::unique_ptr<Connection> connection) {
        connection->idle_since = clock::now();
        idle.push_back(std::move(connection));
        hop->idle.Increment();
    }
    void close_idle(clock::time_point before) {
        while (!idle.empty() && idle.front()->idle_since <= before) take_out(idle.begin());
    }
    void take_place() {
        ++places;
        hop->busy.Increment();
    }
    /// A place becomes free: the one who waits longest has it, else nobody.
    void free_place() {
        if (!for_place.empty()) {
            for_place.front().granted = true;
            for_place.front().wake();
            return;
        }
        --places;
        hop->busy.Decrement();
    }
    bool full() const { return places >= settings.max_connections; }
    /// It was refused for being one too many, while others stand: that is a bound of the hop's, and no absence.
    bool has_others() const { return places > opening || !idle.empty(); }

    net::Executor executor;
    net::Deadlines& deadlines;
    const PoolSettings settings;
    const std::shared_ptr<Hop> hop;
    Timer timer; ///< of maintain()
    Connections idle;
    std::size_t places = 0; ///< taken: leased, being opened or being reset
    std::size_t opening = 0; ///< of them
    Queue for_place, for_look;
    bool looking = false; ///< one of them tries for all
    bool stopped = false;
};

/// One of max_connections; freed with the object, wherever its coroutine ends.
class Pool::Place {
  public:
    explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place() {
        if (state_) state_->free_place();
    }
    void release() { state_.reset(); } ///< the Lease frees it

  private:
    std::shared_ptr<State> state_;
};

Pool::Pool(asio::io_context& io, net::Deadlines& deadlines, PoolSettings settings)
    : state_(std::make_shared<State>(io.get_executor(), deadlines, std::move(settings))) {}

Pool::~Pool() {
    stop();
}

void Pool::start() {
    asio::co_spawn(state_->executor, maintain(state_), rethrow);
}

void Pool::stop() {
    state_->stopped = true;
    state_->timer.cancel();
    state_->close_idle(clock::time_point::max());
    for (auto* queue : {&state_->for_place, &state_->for_look})
        while (!queue->empty()) queue->front().wake();
}

Hop& Pool::hop() const {
    return *state_->hop;
}

std::size_t Pool::busy() const {
    return state_->places;
}

std::size_t Pool::idle() const {
    return state_->idle.size();
}

const PoolSettings& Pool::settings() const {
    return state_->settings;
}

bool Pool::stands() {
    auto& idle = state_->idle;
    while (!idle.empty() && !state_->alive(*idle.back())) state_->take_out(idle.end() - 1);
    return !idle.empty() || state_->places > 0;
}

std::optional<Lease> Pool::take_idle(std::string_view login) {
    if (state_->stopped || state_->full()) return std::nullopt;
    auto lease = take_idle_from(state_, login);
    if (lease) state_->take_place();
    return lease;
}

/// With a place that the caller has.
std::optional<Lease> Pool::take_idle_from(const std::shared_ptr<State>& state, std::string_view login) {
    auto connection = state->take_idle(login);
    if (!connection) return std::nullopt;
    return Lease(state, std::move(connection), true);
}

net::task<Fault> Pool::acquire(std::optional<Lease>& lease, std::string_view login, bool may_reuse) {
    const auto state = state_;
    if (state->stopped) co_return stopping();
    if (!state->full()) {
        state->take_place();
    } else {
        Waiter waiter(state->executor, state->settings.connect_timeout);
        state->for_place.push_back(waiter);
        co_await waiter.timer.async_wait(net::use_task);
        if (!waiter.granted) co_return Fault(Kind::busy, "all connections are in use");
    }
    Place place(state);
    if (state->stopped) co_return stopping();
    if (state->hop->away()) co_return Fault(Kind::refused, state->hop->why_away());
    if (may_reuse) {
        auto idle = take_idle_from(state, login);
        if (idle) {
            place.release();
            lease.emplace(std::move(*idle));
            co_return Fault();
        }
    } else if (!state->idle.empty() && state->idle.size() + state->places > state->settings.max_connections) {
        state->take_out(state->idle.begin()); // it makes room
    }
    std::unique_ptr<Connection> connection;
    ++state->opening;
    Fault fault = co_await open(*state, connection);
    --state->opening;
    if (fault) co_return fault;
    place.release();
    lease.emplace(Lease(state, std::move(connection), false));
    co_return Fault();
}

/// Connects and greets; the hop's health follows from what comes of it. The caller keeps `state` alive.
net::task<Fault> Pool::open(State& state, std::unique_ptr<Connection>& connection) {
    const auto& settings = state.settings;
    std::string error;
    auto stream = co_await net::connect(settings.address, settings.connect_timeout, state.deadlines, error);
    Fault fault;
    if (stream) {
        connection = std::make_unique<Connection>(std::move(stream));
        fault = co_await connection->greet(settings);
    } else {
        fault = Fault(Kind::closed, error);
    }
    if (!fault) {
        state.hop->publish(connection->hop());
        state.hop->came_back();
        co_return fault;
    }
    connection.reset();
    if (state.stopped) co_return fault;
    state.hop->faults.Increment();
    if (fault.kind != Kind::refused || !state.has_others()) state.hop->went_away(fault.text);
    co_return fault;
}

/// Outside the bound of connections: when a hop goes away all places may be held by transactions that wait for it.
net::task<> Pool::probe(std::shared_ptr<State> state) {
    std::unique_ptr<Connection> connection;
    const Fault fault = co_await open(*state, connection);
    if (!fault && !state->stopped && state->idle.size() + state->places < state->settings.max_connections)
        state->put_idle(std::move(connection));
}

net::task<> Pool::look() {
    const auto state = state_;
    if (state->stopped || !state->hop->away()) co_return;
    if (state->looking) {
        Waiter waiter(state->executor, state->settings.connect_timeout + state->settings.reply_timeout);
        state->for_look.push_back(waiter);
        co_await waiter.timer.async_wait(net::use_task);
        co_return;
    }
    state->looking = true;
    co_await probe(state);
    state->looking = false;
    while (!state->for_look.empty()) state->for_look.front().wake();
}

net::task<> Pool::maintain(std::shared_ptr<State> state) {
    const auto& settings = state->settings;
    while (!state->stopped) {
        const bool missing = state->hop->away() || !state->hop->known();
        if (missing && state->hop->claim_probe(clock::now(), settings.health_interval)) co_await probe(state);
        state->close_idle(clock::now() - settings.idle_timeout);
        if (state->stopped) break;
        state->timer.expires_after(std::min(maintenance, settings.health_interval));
        co_await state->timer.async_wait(net::use_task);
    }
}

net::task<> Pool::recycle(std::shared_ptr<State> state, std::unique_ptr<Connection> connection) {
    Place place(state);
    Fault fault = co_await connection->send("RSET\r\n", state->settings.reply_timeout);
    smtp::Reply reply;
    if (!fault) fault = co_await connection->read_reply(state->settings.reply_timeout, reply);
    if (fault && fault.kind != Kind::closed && !state->stopped) state->hop->faults.Increment();
    if (fault || reply.code() != 250) co_return;
    connection->set_in_transaction(false);
    if (!state->stopped && connection->reusable()) state->put_idle(std::move(connection));
}

Lease::Lease(std::shared_ptr<Pool::State> state, std::unique_ptr<Connection> connection, bool reused)
    : state_(std::move(state)), connection_(std::move(connection)), reused_(reused) {}

Lease::Lease(Lease&&) noexcept = default;

Hop& Lease::hop() const {
    return *state_->hop;
}

const std::shared_ptr<Hop>& Lease::hop_ptr() const {
    return state_->hop;
}

const PoolSettings& Lease::settings() const {
    return state_->settings;
}

Lease::~Lease() {
    if (!connection_) return;
    connection_->on_slow(nullptr);
    if (state_->stopped || connection_->useless()) {
        connection_.reset();
    } else if (connection_->reusable()) {
        state_->put_idle(std::move(connection_));
    } else {
        asio::co_spawn(state_->executor, Pool::recycle(state_, std::move(connection_)), rethrow);
        return; // the place is recycle's now
    }
    state_->free_place();
}

} // namespace lazaret::relay
