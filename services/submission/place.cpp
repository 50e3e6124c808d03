// Which thread serves a new connection. The kernel deals them out by a hash, which is uneven where they are few and stay long:
// one core would have twice the work of another.

#include "log/log.hpp"
#include "submission/worker.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <new>
#include <string>
#include <vector>

namespace lazaret::submission {

namespace {

void tell_lost(const std::string& why) {
    log::error("connection_lost", "A connection could not be served", {{"error", why}});
}

} // namespace

void Worker::share_with(std::vector<Worker*> others) {
    others_ = std::move(others);
    std::erase(others_, this);
}

Result<void> Worker::place(Port port, net::Arrival arrival) {
    Worker* least = this;
    for (auto* other : others_)
        if (other->sessions() < least->sessions()) least = other;
    if (least == this) return accept(port, std::move(arrival));
    // Counted as the other's session before the look at the drain, which waits until there are none.
    const auto on_its_way = [](Worker* to) { to->arriving_.fetch_sub(1); };
    least->arriving_.fetch_add(1);
    std::unique_ptr<Worker, decltype(on_its_way)> counted(least, on_its_way);
    if (node_.draining.load()) return accept(port, std::move(arrival));
    net::asio::post(least->io_, [counted = std::move(counted), port, arrival = std::move(arrival)]() mutable {
        // Nothing of one connection may end the thread that others live on.
        try {
            if (const auto taken = counted->accept(port, std::move(arrival)); !taken) tell_lost(taken.error().message);
        } catch (const std::bad_alloc&) {
            tell_lost("out of memory");
        }
    });
    return {};
}

} // namespace lazaret::submission
