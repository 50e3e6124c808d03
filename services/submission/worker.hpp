#pragma once
// One thread with its own io_context, listeners, connections to the next hops and sessions. A session never leaves it.

#include "net/deadlines.hpp"
#include "net/listener.hpp"
#include "net/task.hpp"
#include "relay/group.hpp"
#include "scan/daemons.hpp"
#include "scan/dns.hpp"
#include "scan/rules.hpp"
#include "submission/auth_dovecot.hpp"
#include "submission/node.hpp"
#include "submission/policy.hpp"
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
    /// New clients go to whoever of them has the fewest sessions; before start(). They live as long as this.
    void share_with(std::vector<Worker*> others); // place.cpp
    /// Takes clients from now on, with nobody running io() yet: for start(), and for tests that turn the loop themselves.
    void open();
    void start(); ///< open(), and a thread that runs io()
    /// From any thread: no new connections, idle sessions end with 421, transactions in progress go on.
    void drain();
    void reloaded(); ///< from any thread: what is kept from message to message follows the configuration
    void abort(); ///< from any thread: ends the sessions that are left
    void join();  ///< the thread ends when nothing is left to do
    /// Those on their way from another worker are among them.
    std::size_t sessions() const { return session_count_.load() + arriving_.load(); }

    // For operators, on the worker's thread.
    /// Appends at most so many that `into` has `most`; how many more there were.
    std::size_t find(const Selection& wanted, std::size_t most, std::vector<SessionView>& into);
    std::size_t kill(const Selection& wanted); ///< how many

    // For sessions, on the worker's thread.
    Node& node() { return node_; }
    net::Deadlines& deadlines() { return deadlines_; }
    relay::HopGroup& hops() { return hops_; }
    relay::HopGroup* divert_hops() { return divert_hops_.get(); } ///< the high-risk pool; null where there is none
    DovecotLink* dovecot() { return dovecot_.get(); } ///< null unless it checks the passwords
    scan::RuleScanner& rule_scanner() { return rule_scanner_; }
    /// Those of the configuration in force now; whoever asks them holds them until they have answered.
    std::shared_ptr<scan::Daemons> daemons();
    std::shared_ptr<scan::Dns> dns(); ///< the same
    /// For octets between a read and their use, with no await in between.
    std::span<char> scratch() { return scratch_; }
    std::string& content() { return content_; } ///< the same, for decoded content
    /// Room for a client, or the reply that turns it away; counted, and logged.
    struct Entry {
        Admission::Place place;
        std::optional<smtp::Reply> refusal;
        bool proxied = false; ///< a balancer's, whose client is not known yet
    };
    Entry admit(Port port, const IpAddress& client, bool exempt); // accept.cpp
    void entered(Session& session);
    void entered(PolicySession& session) { policy_sessions_.push_back(session); }
    void left() { session_count_.fetch_sub(1, std::memory_order_relaxed); }

  private:
    Result<void> place(Port port, net::Arrival arrival);  // place.cpp
    Result<void> accept(Port port, net::Arrival arrival); // accept.cpp
    Entry admit_peer(Port port, const IpAddress& peer);

    Node& node_;
    net::asio::io_context io_{1}; // one thread
    std::optional<net::asio::executor_work_guard<net::Executor>> work_;
    net::Deadlines deadlines_;
    relay::HopGroup hops_;
    std::unique_ptr<relay::HopGroup> divert_hops_;
    std::unique_ptr<DovecotLink> dovecot_;
    scan::RuleScanner rule_scanner_;
    std::shared_ptr<scan::Daemons> daemons_; ///< null until somebody wants them
    std::shared_ptr<scan::Dns> dns_;         ///< the same
    std::vector<char> scratch_;
    std::string content_;
    std::vector<std::pair<Port, std::unique_ptr<net::Listener>>> listeners_;
    boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>> sessions_;
    boost::intrusive::list<PolicySession, boost::intrusive::constant_time_size<false>> policy_sessions_;
    std::vector<Worker*> others_;
    std::atomic<std::size_t> session_count_{0}, arriving_{0};
    std::thread thread_;
};

} // namespace lazaret::submission
