#pragma once
// Deadlines of thousands of connections for the price of one timer per thread: a sweep every 100 ms cancels
// what is late. Coarse on purpose: SMTP's time-outs are seconds and minutes, and arming a deadline is one
// store.

#include "net/task.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>

namespace lazaret::net {

class Deadlines;

/// Something that can be late. `expire()` runs on the io_context's thread, at most once per arm.
class Deadline
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    using clock = std::chrono::steady_clock;
    virtual ~Deadline() = default;
    void arm(clock::time_point at);
    void disarm() { at_ = clock::time_point::max(); }
    bool stopped() const; ///< nothing expires any more: waiting would be for ever

  private:
    friend class Deadlines;
    virtual void expire() = 0;
    clock::time_point at_ = clock::time_point::max();
    Deadlines* owner_ = nullptr;
};

/// One per io_context; Deadlines that outlive it never expire.
class Deadlines {
  public:
    explicit Deadlines(asio::io_context& io);
    ~Deadlines();
    void add(Deadline& deadline); ///< leaves by itself when destroyed
    /// Lets io_context::run return: what is armed expires now, what is armed later never does.
    void stop();
    Deadline::clock::time_point now() const { return now_; } ///< of the last tick: cheap, at most 100 ms old

  private:
    friend class Deadline;
    using List = boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>>;
    using Timer = asio::basic_waitable_timer<Deadline::clock, asio::wait_traits<Deadline::clock>, Executor>;
    void schedule();
    void sweep(Deadline::clock::time_point until);
    Timer timer_;
    List list_;
    Deadline::clock::time_point now_;
    /// No armed deadline is before it: a tick looks through the list only when something may be late.
    Deadline::clock::time_point earliest_ = Deadline::clock::time_point::max();
    bool stopped_ = false;
};

inline bool Deadline::stopped() const {
    return owner_ && owner_->stopped_;
}

inline void Deadline::arm(clock::time_point at) {
    at_ = at;
    if (owner_ && at < owner_->earliest_) owner_->earliest_ = at;
}

} // namespace lazaret::net
