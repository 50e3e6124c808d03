#include "submission/signatures.hpp"

#include "scan/clamd_client.hpp"
#include "submission/metrics.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace lazaret::submission {

namespace {

using Clock = std::chrono::steady_clock;
using Timer = net::asio::basic_waitable_timer<Clock, net::asio::wait_traits<Clock>, net::Executor>;

/// freshclam looks for new ones once an hour; a daemon that did not answer, or is not configured yet, is asked sooner.
constexpr Duration interval = std::chrono::minutes(10), soon = std::chrono::seconds(20);

} // namespace

net::task<> watch_signatures(Node& node, net::Deadlines& deadlines) {
    const auto executor = co_await net::asio::this_coro::executor;
    Timer timer(executor);
    for (;;) {
        const auto settings = node.settings();
        const auto& clamav = settings->config.clamav;
        Duration pause = soon;
        if (clamav.address && clamav.mode != config::Mode::off) {
            scan::ClamdClient clamd(*clamav.address, deadlines);
            const auto version = co_await clamd.version(clamav.timeout);
            if (version) { // else what was known still holds
                const auto built = version->built ? version->built->time_since_epoch() : Time::duration::zero();
                numbers().clamav_database.Set(std::chrono::duration<double>(built).count());
                pause = interval;
            }
        } else {
            numbers().clamav_database.Set(0);
        }
        timer.expires_after(pause);
        auto [failed] = co_await timer.async_wait(net::use_task);
        if (failed) co_return;
    }
}

} // namespace lazaret::submission
