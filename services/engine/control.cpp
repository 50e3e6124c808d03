#include "engine/control.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace lazaret::engine {

namespace asio = net::asio;

Control::Control() : deadlines_(io_) {}
Control::~Control() = default;

Result<void> Control::serve_http(const Endpoint& at) {
    http_ = std::make_unique<net::HttpServer>(io_, deadlines_);
    http_->route("/metrics",
                 [] { return net::HttpReply(200, std::string(metrics::content_type), metrics::expose()); });
    http_->route("/healthz", [] { return net::HttpReply(200, "text/plain; charset=utf-8", "ok\n"); });
    auto bound = http_->start(at);
    if (!bound) return bound.error();
    log::info("metrics", "serving /metrics and /healthz", {{"address", bound->to_string()}});
    return {};
}

void Control::run(std::function<void()> reload) {
    asio::co_spawn(io_, signals(std::move(reload)), asio::detached);
    io_.run();
    if (http_) http_->stop();
}

net::task<> Control::signals(std::function<void()> reload) {
    asio::basic_signal_set<net::Executor> set(io_.get_executor(), SIGTERM, SIGINT, SIGHUP);
    for (;;) {
        auto [failed, number] = co_await set.async_wait(net::use_task);
        if (failed) co_return;
        if (number != SIGHUP) break;
        reload();
    }
    io_.stop();
}

} // namespace lazaret::engine
