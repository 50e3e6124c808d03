#include "engine/retention.hpp"

#include "log/log.hpp"
#include "store/exhibits.hpp"
#include "store/retention.hpp"

namespace lazaret::engine {

Result<void> Retention::sweep(store::Database& database, Time now) {
    if (now < due_ && due_ - now <= interval) return {};
    const auto exhibits = sweep_exhibits(database, now);
    if (!exhibits) return exhibits.error();
    const auto events = store::remove_events(database, now - events_, batch);
    if (!events) return events.error();
    if (*events) log::info("events_removed", "their time was over", {{"before", format_rfc3339(now - events_)}});
    const auto notices = store::remove_notices(database, now - events_, batch);
    if (!notices) return notices.error();
    const auto forgotten = store::remove_states(database, now - states, batch);
    if (!forgotten) return forgotten.error();
    due_ = *exhibits || *events || *notices || *forgotten ? now : now + interval;
    return {};
}

Result<bool> Retention::sweep_exhibits(store::Database& database, Time now) {
    auto removed = store::remove_exhibits(database, now - exhibits_, batch);
    if (!removed) return removed.error();
    if (*removed > 0) log::info("exhibits_removed", "their time was over", {{"count", *removed}});
    return *removed == batch;
}

} // namespace lazaret::engine
