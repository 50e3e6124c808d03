#include "scan/slots.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

namespace lazaret::scan {

namespace {

namespace intrusive = boost::intrusive;
using Timer = net::asio::basic_waitable_timer<Slots::Clock, net::asio::wait_traits<Slots::Clock>, net::Executor>;

} // namespace

/// Leaves the queue by itself, also when the coroutine is destroyed where it waits.
struct Slots::Waiter : intrusive::list_base_hook<intrusive::link_mode<intrusive::auto_unlink>> {
    explicit Waiter(const net::Executor& executor) : timer(executor) {}
    Timer timer;
    Permit granted;
};

struct Slots::State {
    State(std::size_t limit, std::size_t waiting_limit) : most(limit), most_waiting(waiting_limit) {}
    const std::size_t most, most_waiting;
    std::size_t used = 0;
    intrusive::list<Waiter, intrusive::constant_time_size<false>> waiters; ///< first come first
};

Slots::Permit& Slots::Permit::operator=(Permit&& other) noexcept {
    Permit given(std::move(other));
    std::swap(state_, given.state_);
    return *this;
}

Slots::Permit::~Permit() {
    if (!state_) return;
    auto& waiters = state_->waiters;
    if (waiters.empty()) {
        --state_->used;
        return;
    }
    auto& next = waiters.front();
    waiters.pop_front();
    next.granted.state_ = std::move(state_);
    next.timer.cancel();
}

Slots::Slots(std::size_t most, std::size_t most_waiting) : state_(std::make_shared<State>(most, most_waiting)) {}

std::size_t Slots::used() const {
    return state_->used;
}

std::size_t Slots::waiting() const {
    return state_->waiters.size();
}

net::task<Slots::Permit> Slots::take(Clock::time_point end) {
    const auto state = state_;
    if (state->used < state->most) {
        ++state->used;
        co_return Permit(state);
    }
    if (state->waiters.size() >= state->most_waiting) co_return Permit();
    const auto executor = co_await net::asio::this_coro::executor;
    Waiter waiter(executor);
    state->waiters.push_back(waiter);
    waiter.timer.expires_at(end);
    co_await waiter.timer.async_wait(net::use_task);
    co_return std::move(waiter.granted);
}

} // namespace lazaret::scan
