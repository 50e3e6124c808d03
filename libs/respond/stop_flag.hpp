#pragma once
// "Please end": set once from any thread, waited on by threads that would otherwise sleep.

#include "core/time.hpp"

#include <condition_variable>
#include <mutex>

namespace lazaret::respond {

class StopFlag {
  public:
    void set() {
        {
            std::lock_guard lock(mutex_);
            is_set_ = true;
        }
        changed_.notify_all();
    }
    bool is_set() const {
        std::lock_guard lock(mutex_);
        return is_set_;
    }
    /// Sleeps for `length` or until it is set; true when it is.
    bool wait(Duration length) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, length, [this] { return is_set_; });
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool is_set_ = false;
};

} // namespace lazaret::respond
