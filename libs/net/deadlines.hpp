#pragma once
// Deadlines of thousands of connections for the price of one timer per thread: a sweep every 100 ms cancels
// what is late. Coarse on purpose: SMTP's time-outs are seconds and minutes, and arming a deadline is one
// store.

#include "net/task.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>

namespace lazaret::net {

/// Something that can be late. `expire()` runs on the io_context's thread, at most once per arm.
class Deadline
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    using clock = std::chrono::steady_clock;
    virtual ~Deadline() = default;
    clock::time_point at = clock::time_point::max(); ///< max = not armed

  private:
    friend class Deadlines;
    virtual void expire() = 0;
};

/// One per io_context. Outlives every Deadline registered with it.
class Deadlines {
  public:
    explicit Deadlines(asio::io_context& io);
    void add(Deadline& deadline); ///< leaves by itself when destroyed
    /// Lets io_context::run return: what is armed expires now, what is armed later never does.
    void stop();
    Deadline::clock::time_point now() const {
        return now_;
    } ///< of the last sweep or refresh: cheap, at most 100 ms old

  private:
    using List = boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>>;
    void schedule();
    void sweep(Deadline::clock::time_point until);
    asio::basic_waitable_timer<Deadline::clock, asio::wait_traits<Deadline::clock>, Executor> timer_;
    List list_;
    Deadline::clock::time_point now_;
    bool stopped_ = false;
};

} // namespace lazaret::net
