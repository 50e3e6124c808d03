#pragma once
// What the threads of one submission node share. Everything here is either immutable and published whole, or locks itself.

#include "auth/backoff.hpp"
#include "auth/failure_reports.hpp"
#include "auth/remembered.hpp"
#include "core/coalesced.hpp"
#include "core/guarded.hpp"
#include "core/hash.hpp"
#include "limits/limiter.hpp"
#include "net/task.hpp"
#include "store/journal.hpp"
#include "subscriber/snapshot.hpp"
#include "submission/admission.hpp"
#include "submission/hashing.hpp"
#include "submission/hourly_quota.hpp"
#include "submission/patience.hpp"
#include "submission/policy_desk.hpp"
#include "submission/settings.hpp"
#include "submission/spool.hpp"
#include "submission/tracing.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <tuple>

namespace lazaret::submission {

/// Who refused a login, by the reason that is told: "" is a wrong password, which may be evidence. The others are none: "backoff",
/// which was not looked at, and a mechanism that the account's verifier cannot serve.
event::RefusedBy login_refused_by(std::string_view reason);

class Node {
  public:
    Node(std::shared_ptr<const Settings> settings, std::unique_ptr<store::Journal> journal, std::string hash_key);

    std::shared_ptr<const Settings> settings() const { return settings_.load(std::memory_order_acquire); }
    void publish(std::shared_ptr<const Settings> settings) { settings_.store(std::move(settings), std::memory_order_release); }
    std::shared_ptr<const subscriber::Snapshot> snapshot() const { return snapshot_.load(std::memory_order_acquire); }
    void publish(std::shared_ptr<const subscriber::Snapshot> snapshot) {
        snapshot_.store(std::move(snapshot), std::memory_order_release);
    }

    /// The ISP's own machines, to which bounds per client do not apply.
    bool trusts(const IpAddress& address) const;
    std::uint64_t next_session() { return sessions_.fetch_add(1, std::memory_order_relaxed) + 1; }
    /// Into the journal. What was not acknowledged to a client is left out while the journal is full, and counted: the room
    /// that is left is for messages whose senders have heard 250.
    void write(event::Event record);
    /// A message that was not taken: a line in the log and an event. What our own rules refuse costs a client nothing to
    /// repeat, so of each subscriber the first few of a minute are told one by one, and the others as a count. The message's own
    /// faults are evidence, and each of them is told.
    void tell_refused(event::Event record);
    /// Tells how many refusals and failed logins were only counted; every second, and with `all` at the end.
    void report_counted(Time now, bool all = false);
    /// At most one connection_refused event per address and minute: a client must not fill the journal by knocking.
    bool worth_an_event(const IpAddress& address, Time now);
    /// The same for a line in the log about a connection beyond the bounds.
    bool worth_a_line(const IpAddress& address, Time now);

    Admission admission;
    Patience patience;
    Tracing tracing;
    std::atomic<std::uint32_t> waiting_for_quit{0}; ///< connections refused that may still say QUIT
    SpoolMemory spool_memory;
    limits::Limiter limiter;
    limits::Limiter unjudged; ///< of messages that a scanner should have judged and has not
    HourlyQuota exhibits;
    auth::Remembered remembered;
    auth::Backoff backoff;
    auth::FailureReports failure_reports;
    const std::string decoy_secret; ///< the same on all nodes: what logins that do not exist seem to be
    const KeyedHash hash;
    const std::unique_ptr<store::Journal> journal;
    PolicyDesk desk{*this}; ///< behind the limiter, whose reservations it holds
    std::atomic<bool> draining{false};
    Hashing hashing;

  private:
    std::atomic<std::shared_ptr<const Settings>> settings_;
    std::atomic<std::shared_ptr<const subscriber::Snapshot>> snapshot_;
    std::atomic<std::uint64_t> sessions_{0};
    using Refusals = std::tuple<std::string, IpAddress, event::RefusedBy, std::string>; ///< subscriber, else client; reason
    Coalesced<Refusals, event::Event> refusals_;
    Guarded<std::map<IpAddress, Time>> refused_, told_;
};

} // namespace lazaret::submission
