#pragma once
// Data that cannot be touched without its lock, because it lives inside it.

#include <mutex>
#include <utility>

namespace lazaret {

template <class T> class Guarded {
  public:
    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    /// Runs `use(T&)` under the lock and returns what it returns. Never hold it across a co_await.
    template <class Use> decltype(auto) with(Use&& use) {
        std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }
    template <class Use> decltype(auto) with(Use&& use) const {
        std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }

  private:
    mutable std::mutex mutex_;
    T value_{};
};

} // namespace lazaret
