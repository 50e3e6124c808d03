#include "submission/worker.hpp"

#include "log/log.hpp"

#include <boost/asio/post.hpp>

namespace lazaret::submission {

namespace {

constexpr std::size_t read_size = 64 * 1024;

} // namespace

Worker::Worker(Node& node)
    : node_(node), work_(net::asio::make_work_guard(io_)), deadlines_(io_),
      hops_(io_, deadlines_, relay::pool_settings(node.settings()->config, node.settings()->next_hop_tls)), scratch_(read_size) {
    const auto& auth = node.settings()->config.auth;
    if (auth.backend == config::AuthBackend::dovecot)
        dovecot_ = std::make_unique<DovecotLink>(io_, deadlines_, auth.dovecot_socket);
}

Worker::~Worker() {
    join();
}

void Worker::add(Port port, std::unique_ptr<net::Listener> listener) {
    listeners_.emplace_back(port, std::move(listener));
}

void Worker::open() {
    for (auto& [port, listener] : listeners_) {
        listener->start_placing([this, at = port](net::Arrival arrival) { return place(at, std::move(arrival)); });
    }
    hops_.start();
    if (dovecot_) dovecot_->start();
}

void Worker::start() {
    open();
    thread_ = std::thread([this] { io_.run(); });
}

void Worker::join() {
    net::asio::post(io_, [this] {
        hops_.stop();
        if (dovecot_) dovecot_->stop();
        deadlines_.stop();
        work_.reset();
    });
    if (thread_.joinable()) thread_.join();
}

void Worker::entered(Session& session) {
    sessions_.push_back(session);
    session_count_.fetch_add(1, std::memory_order_relaxed);
}

} // namespace lazaret::submission
