#include "engine/retention.hpp"

#include "log/log.hpp"
#include "store/exhibits.hpp"

namespace lazaret::engine {

Result<void> Retention::sweep(store::Database& database, Time now) {
    if (now < due_ && due_ - now <= interval) return {};
    auto removed = store::remove_exhibits(database, now - exhibits_, batch);
    if (!removed) return removed.error();
    if (*removed > 0) log::info("exhibits_removed", "their time was over", {{"count", *removed}});
    due_ = *removed < batch ? now + interval : now;
    return {};
}

} // namespace lazaret::engine
