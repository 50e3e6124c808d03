#include "submission/control.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"
#include "submission/signatures.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <csignal>

namespace lazaret::submission {

namespace asio = net::asio;

namespace {

constexpr auto awaiting = asio::as_tuple_t<asio::use_awaitable_t<net::Executor>>(asio::use_awaitable_t<net::Executor>());
constexpr std::array levels = {subscriber::Level::watch, subscriber::Level::throttle, subscriber::Level::divert,
                               subscriber::Level::block, subscriber::Level::garden};

double seconds(Time at) {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

} // namespace

struct Control::Gauges {
    metrics::Gauge& db_up = metrics::gauge("lazaret_db_up", "1 while PostgreSQL answers.");
    metrics::Gauge& depth = metrics::gauge("lazaret_event_queue_depth", "Events in the journal that are not in PostgreSQL yet.");
    metrics::Gauge& journal_size = metrics::gauge("lazaret_journal_bytes", "Size of the journal's segments.");
    metrics::Gauge& snapshot_age = metrics::gauge("lazaret_snapshot_age_seconds", "Time since the snapshot was known to be current.");
    metrics::Counter& written = metrics::counter("lazaret_events_written_total", "Events appended to the journal.");
    std::array<metrics::Gauge*, levels.size()> entries;
    std::uint64_t counted;

    explicit Gauges(std::uint64_t last_sequence) : counted(last_sequence) {
        for (std::size_t i = 0; i < levels.size(); ++i)
            entries[i] = &metrics::gauge("lazaret_quarantine_entries", "Subscribers confined now, by level.",
                                         {{"level", std::string(to_string(levels[i]))}});
    }
};

Control::Control() : deadlines_(io_), signals_(io_.get_executor(), SIGTERM, SIGINT, SIGHUP) {}
Control::~Control() = default;

Result<void> Control::serve_http(const Endpoint& at) {
    http_ = std::make_unique<net::HttpServer>(io_, deadlines_);
    http_->route("/metrics", [] { return net::HttpReply(200, std::string(metrics::content_type), metrics::expose()); });
    http_->route("/healthz", [] { return net::HttpReply(200, "text/plain; charset=utf-8", "ok\n"); });
    auto bound = http_->start(at);
    if (!bound) return bound.error();
    log::info("metrics", "serving /metrics and /healthz", {{"address", bound->to_string()}});
    return {};
}

Result<void> Control::serve_console(const std::filesystem::path& path, Node& node, std::vector<Worker*> workers) {
    console_ = std::make_unique<Console>(io_, deadlines_, node, std::move(workers));
    return console_->start(path);
}

void Control::run(Node& node, const store::SnapshotWatch& watch, const store::Shipper& shipper,
                  std::function<void()> reload) {
    gauges_ = std::make_unique<Gauges>(node.journal->last_sequence());
    reloaded(*node.settings());
    asio::co_spawn(io_, tick(node, watch, shipper), asio::detached);
    asio::co_spawn(io_, watch_signatures(node, deadlines_), asio::detached);
    asio::co_spawn(io_, follow_signals(std::move(reload)), asio::detached);
    io_.run();
    if (console_) console_->stop(); // nobody would answer during the drain
}

void Control::reloaded(const Settings& settings) {
    numbers().reloaded_at.Set(seconds(now()));
    if (settings.tls) numbers().certificate_expiry.Set(seconds(settings.tls->expires()));
}

void Control::stop() {
    if (http_) http_->stop();
}

net::task<> Control::follow_signals(std::function<void()> reload) {
    for (;;) {
        auto [failed, number] = co_await signals_.async_wait(awaiting);
        if (failed) co_return;
        if (number != SIGHUP) break;
        try {
            reload();
        } catch (const std::exception& error) {
            log::error("reload_failed", "the configuration in force stays", {{"what", error.what()}});
        }
    }
    io_.stop();
}

net::task<> Control::tick(Node& node, const store::SnapshotWatch& watch, const store::Shipper& shipper) {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, net::Executor> timer(
        io_.get_executor());
    for (;;) {
        const Time at = now();
        node.limiter.sweep(at);
        node.unjudged.sweep(at);
        node.desk.sweep(at);
        node.report_counted(at);
        auto& gauges = *gauges_;
        gauges.db_up.Set(watch.connected() && shipper.database_up() ? 1 : 0);
        gauges.depth.Set(static_cast<double>(shipper.depth()));
        gauges.journal_size.Set(static_cast<double>(node.journal->size()));
        gauges.snapshot_age.Set(watch.connected() ? 0 : std::chrono::duration<double>(at - watch.loaded_at()).count());
        const auto last = node.journal->last_sequence();
        gauges.written.Increment(static_cast<double>(last - gauges.counted));
        gauges.counted = last;
        std::array<double, levels.size()> counts{};
        const auto quarantine = node.snapshot()->quarantine;
        for (const auto& entry : quarantine->entries())
            if (!entry.expiry || *entry.expiry > at) ++counts[static_cast<std::size_t>(entry.level)];
        for (std::size_t i = 0; i < levels.size(); ++i) gauges.entries[i]->Set(counts[i]);
        timer.expires_after(std::chrono::seconds(1));
        auto [failed] = co_await timer.async_wait(awaiting);
        if (failed) co_return;
    }
}

} // namespace lazaret::submission
