#pragma once
// Several tasks side by side on one thread, for who needs what all of them come to.

#include "net/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace lazaret::net {

/// What the tasks of one together() share with it.
template <class T> class Gathering {
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

  public:
    Gathering(const Executor& executor, std::size_t tasks)
        : results(tasks), left_(tasks), all_ended_(executor, std::chrono::steady_clock::time_point::max()) {}

    void ended(std::size_t number, std::exception_ptr thrown, T result) {
        if (thrown && !failure) failure = thrown;
        results[number] = std::move(result);
        if (--left_ == 0) all_ended_.cancel();
    }
    task<> wait() {
        if (left_ > 0) co_await all_ended_.async_wait(use_task);
    }

    std::vector<T> results;
    std::exception_ptr failure; ///< the first

  private:
    std::size_t left_;
    Timer all_ended_;
};

/// Starts one after the other, each up to where it first waits, and returns the results in the order of the tasks when the
/// last has ended. There is no deadline: each task has its own. What one throws, which is a bug, is thrown
/// when all have ended, so what they refer to has to live no longer than the caller's co_await.
template <class T> task<std::vector<T>> together(std::vector<task<T>> tasks) {
    const auto executor = co_await asio::this_coro::executor;
    const auto gathering = std::make_shared<Gathering<T>>(executor, tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
        asio::co_spawn(executor, std::move(tasks[i]), [gathering, i](std::exception_ptr thrown, T result) {
            gathering->ended(i, std::move(thrown), std::move(result));
        });
    co_await gathering->wait();
    if (gathering->failure) std::rethrow_exception(gathering->failure);
    co_return std::move(gathering->results);
}

} // namespace lazaret::net
