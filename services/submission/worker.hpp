#pragma once
// One thread with its own io_context, listeners, pool of next-hop connections and sessions. A session never leaves it.

#include "net/deadlines.hpp"
#include "net/listener.hpp"
#include "net/task.hpp"
#include "relay/pool.hpp"
#include "scan/rules.hpp"
#include "submission/node.hpp"
#include "submission/session.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lazaret::submission {

class Worker {
  public:
    explicit Worker(Node& node);
    ~Worker(); ///< abort() and join() came before

    net::asio::io_context& io() { return io_; }
    void add(Port port, std::unique_ptr<net::Listener> listener); ///< before start()
    /// Takes clients from now on, with nobody running io() yet: for start(), and for tests that turn the loop themselves.
    void open();
    void start(); ///< open(), and a thread that runs io()
    /// From any thread: no new connections, idle sessions end with 421, transactions in progress go on.
    void drain();
    void abort(); ///< from any thread: ends the sessions that are left
    void join();  ///< the thread ends when nothing is left to do
    std::size_t sessions() const { return session_count_.load(std::memory_order_relaxed); }

    // For sessions, on the worker's thread.
    Node& node() { return node_; }
    net::Deadlines& deadlines() { return deadlines_; }
    relay::Pool& pool() { return pool_; }
    scan::RuleScanner& rule_scanner() { return rule_scanner_; }
    /// For octets between a read and their use, with no await in between.
    std::span<char> scratch() { return scratch_; }
    std::string& content() { return content_; } ///< the same, for decoded content
    void entered(Session& session);
    void left() { session_count_.fetch_sub(1, std::memory_order_relaxed); }

  private:
    void accept(Port port, net::Socket socket, const IpAddress& address); // accept.cpp

    Node& node_;
    net::asio::io_context io_{1}; // one thread
    std::optional<net::asio::executor_work_guard<net::Executor>> work_;
    net::Deadlines deadlines_;
    relay::Pool pool_;
    scan::RuleScanner rule_scanner_;
    std::vector<char> scratch_;
    std::string content_;
    std::vector<std::pair<Port, std::unique_ptr<net::Listener>>> listeners_;
    boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>> sessions_;
    std::atomic<std::size_t> session_count_{0};
    std::thread thread_;
};

} // namespace lazaret::submission
