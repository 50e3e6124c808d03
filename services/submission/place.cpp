// Which thread serves a new connection. The kernel deals them out by a hash, which is uneven where they are few and stay long:
// one core would have twice the work of another.

#include "log/log.hpp"
#include "submission/worker.hpp"

#include <boost/asio/post.hpp>

#include <vector>

namespace lazaret::submission {

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
    least->arriving_.fetch_add(1);
    if (node_.draining.load()) {
        least->arriving_.fetch_sub(1);
        return accept(port, std::move(arrival));
    }
    net::asio::post(least->io_, [least, port, arrival = std::move(arrival)]() mutable {
        if (const auto taken = least->accept(port, std::move(arrival)); !taken)
            log::error("connection_lost", "no memory for a connection", {{"error", taken.error().message}});
        least->arriving_.fetch_sub(1);
    });
    return {};
}

} // namespace lazaret::submission
