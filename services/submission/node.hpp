#pragma once
// What the threads of one submission node share. Everything here is either immutable and published whole, or locks itself.

#include "auth/remembered.hpp"
#include "core/guarded.hpp"
#include "core/hash.hpp"
#include "limits/limiter.hpp"
#include "net/task.hpp"
#include "store/journal.hpp"
#include "subscriber/snapshot.hpp"
#include "submission/admission.hpp"
#include "submission/settings.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <map>
#include <memory>

namespace lazaret::submission {

class Node {
  public:
    Node(std::shared_ptr<const Settings> settings, std::unique_ptr<store::Journal> journal, std::string hash_key);

    std::shared_ptr<const Settings> settings() const { return settings_.load(std::memory_order_acquire); }
    void publish(std::shared_ptr<const Settings> settings) { settings_.store(std::move(settings), std::memory_order_release); }
    std::shared_ptr<const subscriber::Snapshot> snapshot() const { return snapshot_.load(std::memory_order_acquire); }
    void publish(std::shared_ptr<const subscriber::Snapshot> snapshot) {
        snapshot_.store(std::move(snapshot), std::memory_order_release);
    }

    /// True in the thread pool's queue there is room for one more password check; leave_hashing() when it is done.
    bool enter_hashing();
    void leave_hashing() { hashing_waiting_.fetch_sub(1, std::memory_order_relaxed); }
    net::asio::thread_pool& hashing() { return hashing_; }
    /// At most one connection_refused event per address and minute: a client must not fill the journal by knocking.
    bool worth_an_event(const IpAddress& address, Time now);

    Admission admission;
    limits::Limiter limiter;
    auth::Remembered remembered;
    const KeyedHash hash;
    const std::unique_ptr<store::Journal> journal;
    std::atomic<bool> draining{false};

  private:
    std::atomic<std::shared_ptr<const Settings>> settings_;
    std::atomic<std::shared_ptr<const subscriber::Snapshot>> snapshot_;
    std::atomic<std::uint32_t> hashing_waiting_{0};
    Guarded<std::map<IpAddress, Time>> refused_;
    net::asio::thread_pool hashing_; // last: its threads end before what they use
};

} // namespace lazaret::submission
