#pragma once
// Waiting for NOTIFY on a connection of its own.

#include "store/database.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lazaret::store {

struct Notification {
    std::string channel, payload;
};

/// One thread waits, any thread wakes it.
class Listener {
  public:
    Listener(DatabaseSettings settings, std::vector<std::string> channels);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// Connects and listens. Look at the tables after this: what was notified before is not repeated.
    Result<void> connect();
    bool connected() const noexcept;
    /// All notifications that have come, else waits for the first one. Empty after `timeout` or wake(). A
    /// transient Error when the connection is broken or was never made: connect() again.
    Result<std::vector<Notification>> wait(Duration timeout);
    /// Ends the wait() that runs, or else the next one, at once. Thread-safe.
    void wake() noexcept;

  private:
    struct Session;
    DatabaseSettings settings_;
    std::vector<std::string> channels_;
    std::unique_ptr<Session> session_;
    int wake_fd_ = -1;
};

} // namespace lazaret::store
