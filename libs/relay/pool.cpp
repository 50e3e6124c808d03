#include "relay/pool.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"
#include "relay/published.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace lazaret::relay {

namespace {

namespace asio = net::asio;
using clock = net::Deadline::clock;
using Timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, net::Executor>;
constexpr auto maintenance = std::chrono::seconds(1);

metrics::Gauge& connections(const char* state) {
    return metrics::gauge("lazaret_backend_connections", "Connections to the next hop.", {{"state", state}});
}
metrics::Gauge& busy_connections() {
    static auto& gauge = connections("busy");
    return gauge;
}
metrics::Gauge& idle_connections() {
    static auto& gauge = connections("idle");
    return gauge;
}

void rethrow(std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
}

Error unreachable(const std::string& why) {
    return Error("next hop: " + why, true);
}

} // namespace

PoolSettings pool_settings(const config::Config& config) {
    PoolSettings out;
    out.address = config.next_hop.addresses.front();
    out.hostname = config.node.hostname;
    out.connect_timeout = config.next_hop.connect_timeout;
    out.reply_timeout = config.next_hop.reply_timeout;
    out.data_timeout = config.next_hop.data_timeout;
    out.idle_timeout = config.next_hop.idle_timeout;
    out.max_connections = config.next_hop.max_connections;
    return out;
}

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
        : executor(on), deadlines(sweep), settings(std::move(with)),
          published(Published::of(settings.address)), timer(on) {}

    using Queue = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

    /// Newest first: a pool that needs fewer connections lets the old ones expire.
    std::unique_ptr<Connection> take_idle() {
        while (!idle.empty()) {
            auto connection = std::move(idle.back());
            idle.pop_back();
            idle_connections().Decrement();
            if (!connection->check_quiet()) return connection;
        }
        return nullptr;
    }
    /// Of idle connections the newest is one that still stands.
    void drop_dead() {
        while (!idle.empty() && idle.back()->check_quiet()) {
            idle.pop_back();
            idle_connections().Decrement();
        }
    }
    void put_idle(std::unique_ptr<Connection> connection) {
        connection->idle_since = clock::now();
        idle.push_back(std::move(connection));
        idle_connections().Increment();
    }
    /// A place becomes free: the one who waits longest has it, else nobody.
    void free_place() {
        if (!for_place.empty()) {
            for_place.front().granted = true;
            for_place.front().wake();
            return;
        }
        --places;
        busy_connections().Decrement();
    }
    void attempt_ended(std::string why) {
        attempting = false;
        if (failure.empty() && !why.empty())
            log::warn("next_hop_away", "No connection to the next hop; clients are deferred",
                      {{"next_hop", settings.address.to_string()}, {"reason", why}});
        if (!failure.empty() && why.empty())
            log::info("next_hop_back", "The next hop answers again",
                      {{"next_hop", settings.address.to_string()}});
        failure = std::move(why);
        while (!for_attempt.empty()) {
            for_attempt.front().granted = failure.empty();
            for_attempt.front().wake();
        }
    }
    void close_idle(clock::time_point before) {
        while (!idle.empty() && idle.front()->idle_since <= before) {
            idle.erase(idle.begin());
            idle_connections().Decrement();
        }
    }

    net::Executor executor;
    net::Deadlines& deadlines;
    const PoolSettings settings;
    Published& published;
    Timer timer; ///< of maintain()
    std::vector<std::unique_ptr<Connection>> idle;
    std::size_t places = 0; ///< taken: leased, being opened or being reset
    Queue for_place, for_attempt;
    std::string failure;     ///< of the last attempt to connect; "" = it succeeded
    bool attempting = false; ///< while `failure`: somebody tries
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
    while (!state_->for_place.empty())
        state_->for_place.front().wake();
    while (!state_->for_attempt.empty())
        state_->for_attempt.front().wake();
}

std::shared_ptr<const smtp::Extensions> Pool::extensions() const {
    return state_->published.get();
}

bool Pool::reachable() const {
    return state_->failure.empty();
}

std::size_t Pool::idle() const {
    return state_->idle.size();
}

const PoolSettings& Pool::settings() const {
    return state_->settings;
}

net::task<Result<Lease>> Pool::acquire() {
    return acquire_from(state_, true);
}

net::task<Result<Lease>> Pool::acquire_new() {
    return acquire_from(state_, false);
}

net::task<bool> Pool::probe() {
    const auto lease = co_await acquire_from(state_, true);
    co_return lease.has_value();
}

net::task<> Pool::refresh(Duration at_most) {
    state_->drop_dead();
    if (state_->stopped || !state_->idle.empty() || state_->places > 0) co_return;
    auto waiter = std::make_shared<Waiter>(state_->executor, at_most);
    asio::co_spawn(state_->executor, ask(state_, waiter), rethrow);
    if (!waiter->granted) co_await waiter->timer.async_wait(net::use_task);
}

net::task<> Pool::ask(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter) {
    {
        const auto lease = co_await acquire_from(state, true);
    }
    waiter->granted = true;
    waiter->wake();
}

net::task<> Pool::maintain(std::shared_ptr<State> state) {
    while (!state->stopped) {
        if (!state->published.known()) {
            const auto lease = co_await acquire_from(state, true);
        }
        state->close_idle(clock::now() - state->settings.idle_timeout);
        if (state->stopped) break;
        state->timer.expires_after(maintenance);
        co_await state->timer.async_wait(net::use_task);
    }
}

net::task<Result<Lease>> Pool::acquire_from(std::shared_ptr<State> state, bool may_reuse) {
    if (state->stopped) co_return unreachable("shutting down");
    const auto& settings = state->settings;
    if (state->places < settings.max_connections) {
        ++state->places;
        busy_connections().Increment();
    } else {
        Waiter waiter(state->executor, settings.connect_timeout);
        state->for_place.push_back(waiter);
        co_await waiter.timer.async_wait(net::use_task);
        if (!waiter.granted) co_return unreachable("all connections are in use");
    }
    Place place(state);
    if (may_reuse) {
        if (auto connection = state->take_idle()) {
            place.release();
            co_return Lease(state, std::move(connection), true);
        }
    } else if (state->idle.size() + state->places > settings.max_connections) {
        state->close_idle(state->idle.front()->idle_since); // an idle one makes room
    }
    if (!state->failure.empty() && state->attempting) {
        Waiter waiter(state->executor, settings.connect_timeout + settings.reply_timeout);
        state->for_attempt.push_back(waiter);
        co_await waiter.timer.async_wait(net::use_task);
        if (!waiter.granted) co_return unreachable(state->failure);
    }
    if (state->stopped) co_return unreachable("shutting down");
    state->attempting = true;
    std::string error;
    auto stream = co_await net::connect(settings.address, settings.connect_timeout, state->deadlines, error);
    if (!stream) {
        state->attempt_ended(error);
        co_return unreachable(error);
    }
    auto connection = std::make_unique<Connection>(std::move(stream));
    const Fault fault = co_await connection->greet(settings.hostname, settings.reply_timeout);
    state->attempt_ended(fault.text);
    if (fault) co_return unreachable(fault.text);
    state->published.publish(connection->hop());
    place.release();
    co_return Lease(state, std::move(connection), false);
}

net::task<> Pool::recycle(std::shared_ptr<State> state, std::unique_ptr<Connection> connection) {
    Place place(state);
    Fault fault = co_await connection->send("RSET\r\n", state->settings.reply_timeout);
    smtp::Reply reply;
    if (!fault) fault = co_await connection->read_reply(state->settings.reply_timeout, reply);
    if (fault || reply.code() != 250) co_return;
    connection->set_in_transaction(false);
    if (!state->stopped && connection->reusable() && !connection->check_quiet())
        state->put_idle(std::move(connection));
}

Lease::Lease(std::shared_ptr<Pool::State> state, std::unique_ptr<Connection> connection, bool reused)
    : state_(std::move(state)), connection_(std::move(connection)), reused_(reused) {}

Lease::Lease(Lease&&) noexcept = default;

Lease::~Lease() {
    if (!connection_) return;
    if (state_->stopped || connection_->useless()) {
        connection_.reset();
    } else if (connection_->reusable()) {
        if (!connection_->check_quiet()) state_->put_idle(std::move(connection_));
    } else {
        asio::co_spawn(state_->executor, Pool::recycle(state_, std::move(connection_)), rethrow);
        return; // the place is recycle's now
    }
    state_->free_place();
}

} // namespace lazaret::relay
