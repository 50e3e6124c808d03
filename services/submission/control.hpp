#pragma once
// Beside the mail path: signals, /metrics and /healthz, and what has to be looked at once a second. One thread, main's.

#include "core/address.hpp"
#include "core/result.hpp"
#include "net/deadlines.hpp"
#include "net/http_server.hpp"
#include "net/task.hpp"
#include "store/shipper.hpp"
#include "store/snapshot_watch.hpp"
#include "submission/console.hpp"
#include "submission/node.hpp"

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <memory>

namespace lazaret::submission {

class Control {
  public:
    Control();
    ~Control();
    Result<void> serve_http(const Endpoint& at); ///< before run()
    /// `lazaret session` and `lazaret trace` are answered from now until run() returns; before run().
    Result<void> serve_console(const std::filesystem::path& path, Node& node, std::vector<Worker*> workers);
    /// Returns at SIGTERM or SIGINT; SIGHUP calls `reload`.
    void run(Node& node, const store::SnapshotWatch& watch, const store::Shipper& shipper, std::function<void()> reload);
    void reloaded(const Settings& settings); ///< a configuration has come into force
    void stop();

  private:
    struct Gauges;
    net::task<> tick(Node& node, const store::SnapshotWatch& watch, const store::Shipper& shipper);
    net::task<> follow_signals(std::function<void()> reload);

    net::asio::io_context io_{1};
    net::Deadlines deadlines_;
    /// Until the process ends: a SIGHUP during the drain must not kill it.
    boost::asio::basic_signal_set<net::Executor> signals_;
    std::unique_ptr<net::HttpServer> http_;
    std::unique_ptr<Console> console_;
    std::unique_ptr<Gauges> gauges_;
};

} // namespace lazaret::submission
