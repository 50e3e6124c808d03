// The end of a worker: no new connections, idle clients hear 421, transactions in progress are finished.

#include "submission/worker.hpp"

#include <boost/asio/post.hpp>

namespace lazaret::submission {

void Worker::drain() {
    net::asio::post(io_, [this] {
        for (auto& [port, listener] : listeners_) listener->stop();
        for (auto& session : sessions_) session.drain();
        for (auto& session : policy_sessions_) session.close();
    });
}

void Worker::abort() {
    net::asio::post(io_, [this] {
        for (auto& session : sessions_) session.abort();
    });
}

} // namespace lazaret::submission
