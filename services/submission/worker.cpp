#include "submission/worker.hpp"

#include "log/log.hpp"

#include <boost/asio/post.hpp>

namespace lazaret::submission {

namespace {

constexpr std::size_t read_size = 64 * 1024;

std::vector<relay::PoolSettings> pools_of(const Settings& settings, const std::vector<Endpoint>& addresses) {
    return relay::pool_settings(settings.config, addresses, settings.next_hop_tls);
}

} // namespace

Worker::Worker(Node& node)
    : node_(node), work_(net::asio::make_work_guard(io_)), deadlines_(io_),
      hops_(io_, deadlines_, pools_of(*node.settings(), node.settings()->config.next_hop.addresses)), scratch_(read_size) {
    const auto settings = node.settings();
    if (const auto& diverted = settings->config.next_hop.divert_addresses; !diverted.empty())
        divert_hops_ = std::make_unique<relay::HopGroup>(io_, deadlines_, pools_of(*settings, diverted));
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
    if (divert_hops_) divert_hops_->start();
    if (dovecot_) dovecot_->start();
    if (!node_.settings()->config.dns_lists.empty()) dns(); // its metrics are there from the start
}

void Worker::reloaded() {
    net::asio::post(io_, [this] {
        if (dns_ || !node_.settings()->config.dns_lists.empty()) dns();
    });
}

void Worker::start() {
    open();
    thread_ = std::thread([this] { io_.run(); });
}

void Worker::join() {
    net::asio::post(io_, [this] {
        hops_.stop();
        if (divert_hops_) divert_hops_->stop();
        if (dovecot_) dovecot_->stop();
        if (dns_) dns_->stop();
        deadlines_.stop();
        work_.reset();
    });
    if (thread_.joinable()) thread_.join();
}

std::shared_ptr<scan::Daemons> Worker::daemons() {
    const auto settings = node_.settings();
    if (!daemons_ || daemons_->differ_from(settings->config))
        daemons_ = std::make_shared<scan::Daemons>(settings->config, deadlines_);
    return daemons_;
}

std::shared_ptr<scan::Dns> Worker::dns() {
    const auto settings = node_.settings();
    if (!dns_ || dns_->differs_from(settings->config)) dns_ = std::make_shared<scan::Dns>(io_.get_executor(), settings->config);
    return dns_;
}

void Worker::entered(Session& session) {
    sessions_.push_back(session);
    session_count_.fetch_add(1, std::memory_order_relaxed);
}

} // namespace lazaret::submission
