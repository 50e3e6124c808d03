#pragma once
// Signals, /metrics and /healthz, on main's thread.

#include "core/address.hpp"
#include "core/result.hpp"
#include "net/deadlines.hpp"
#include "net/http_server.hpp"
#include "net/task.hpp"

#include <functional>
#include <memory>

namespace lazaret::engine {

class Control {
  public:
    Control();
    ~Control();
    Result<void> serve_http(const Endpoint& at); ///< before run()
    /// Returns at SIGTERM or SIGINT; SIGHUP calls `reload`.
    void run(std::function<void()> reload);

  private:
    net::task<> signals(std::function<void()> reload);

    net::asio::io_context io_{1};
    net::Deadlines deadlines_;
    std::unique_ptr<net::HttpServer> http_;
};

} // namespace lazaret::engine
