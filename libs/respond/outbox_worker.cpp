#include "respond/outbox_worker.hpp"

#include "log/log.hpp"
#include "metrics/registry.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace lazaret::respond {
namespace {

using namespace std::chrono_literals;
constexpr Duration away = 1s; // between two tries to reach the database

metrics::Counter& deliveries(const char* result) {
    return metrics::counter("lazaret_webhook_deliveries_total", "Attempts to deliver a webhook, by result.",
                            {{"result", result}});
}

} // namespace

struct OutboxWorker::Counts {
    metrics::Counter &delivered = deliveries("delivered"), &failed = deliveries("failed"),
                     &dead = deliveries("dead");
    metrics::Gauge& depth = metrics::gauge("lazaret_webhook_queue_depth", "Webhooks that wait for delivery.");
    metrics::Gauge& oldest =
        metrics::gauge("lazaret_webhook_oldest_pending_seconds", "Age of the oldest waiting webhook.");
};

OutboxWorker::OutboxWorker(store::DatabaseSettings database, Target target, Duration tick)
    : settings_(database), target_(std::move(target)), tick_(tick), listener_(database, {"lazaret_outbox"}),
      counts_(std::make_unique<Counts>()) {}

OutboxWorker::~OutboxWorker() {
    stop();
}

void OutboxWorker::start() {
    thread_ = std::thread([this] { loop(); });
}

void OutboxWorker::stop() {
    stop_.set();
    listener_.wake();
    if (thread_.joinable()) thread_.join();
}

void OutboxWorker::loop() {
    store::Database database(settings_);
    while (!stop_.is_set()) {
        if (!listener_.connected() && !listener_.connect()) {
            stop_.wait(away);
            continue;
        }
        while (!stop_.is_set() && round(database)) {
        }
        const Duration pause = measure(database);
        if (auto woken = listener_.wait(pause); !woken) log::debug("outbox_listener", woken.error().message);
    }
}

bool OutboxWorker::round(store::Database& database) {
    auto claimed = store::claim_outbox(database, 1, target_.timeout + 10s);
    if (!claimed) {
        log::debug("outbox_database", claimed.error().message);
        return false;
    }
    if (claimed->empty()) return false;
    const store::OutboxMessage& message = claimed->front();
    const Decision decision = deliver(message);
    // Not noted means delivered once more when the lease ends: the receiver knows it by its id.
    if (auto noted = note(database, message, decision); !noted) {
        log::debug("outbox_database", noted.error().message);
        return false;
    }
    return true;
}

Result<void> OutboxWorker::note(store::Database& database, const store::OutboxMessage& message,
                                const Decision& decision) {
    switch (decision.fate) {
    case Fate::delivered:
        counts_->delivered.Increment();
        return store::outbox_delivered(database, message.id, decision.ticket);
    case Fate::retry:
        counts_->failed.Increment();
        log::warn("webhook_failed", "the ticket system did not take a webhook; it is tried again",
                  {{"webhook", message.webhook_id},
                   {"attempt", message.attempts},
                   {"error", decision.error},
                   {"wait", format_duration(decision.wait)}});
        return store::outbox_failed(database, message.id, decision.error, decision.wait);
    case Fate::dead: break;
    }
    counts_->dead.Increment();
    log::error("webhook_dead", "a webhook is given up",
               {{"webhook", message.webhook_id}, {"incident", message.incident}, {"error", decision.error}});
    return store::outbox_dead(database, message.id, decision.error);
}

Decision OutboxWorker::deliver(const store::OutboxMessage& message) {
    net::asio::io_context io(1);
    net::Deadlines deadlines(io);
    Decision decision;
    net::asio::co_spawn(io, attempt(message, target_, now(), deadlines),
                        [&](std::exception_ptr failed, Decision made) {
                            deadlines.stop();
                            if (failed) std::rethrow_exception(failed);
                            decision = std::move(made);
                        });
    io.run();
    return decision;
}

Duration OutboxWorker::measure(store::Database& database) {
    const auto depth = store::outbox_depth(database);
    if (!depth) return away;
    counts_->depth.Set(static_cast<double>(depth->pending));
    counts_->oldest.Set(depth->oldest_seconds);
    if (!depth->due_in_seconds) return tick_;
    const Duration due(static_cast<Duration::rep>(std::min(*depth->due_in_seconds, 3600.0) * 1e6));
    // A little later than due, and never in a tight loop while an earlier message of the same incident holds
    // one up.
    return std::clamp<Duration>(due + 10ms, 50ms, std::max<Duration>(tick_, 50ms));
}

} // namespace lazaret::respond
