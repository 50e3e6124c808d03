#include "net/addresses.hpp"
#include "net/stream.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace lazaret::net {

namespace {

using Endpoints = std::vector<Socket::endpoint_type>;
using Timer = asio::basic_waitable_timer<Deadline::clock, asio::wait_traits<Deadline::clock>, Executor>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

/// getaddrinfo cannot be cancelled, so the coroutine waits for a timer that the answer ends early; an answer
/// that comes after the deadline finds only this.
struct Lookup {
    explicit Lookup(const Executor& executor) : resolver(executor), timer(executor) {}
    Resolver resolver;
    Timer timer;
    Endpoints found;
    std::string error = "name lookup timed out";
};

task<Endpoints> look_up(Endpoint to, Deadline::clock::time_point end, Executor executor, std::string& error) {
    auto lookup = std::make_shared<Lookup>(executor);
    lookup->timer.expires_at(end);
    lookup->resolver.async_resolve(
        to.host, std::to_string(to.port), Resolver::numeric_service,
        [lookup](const boost::system::error_code& failure, Resolver::results_type results) {
            lookup->error = failure ? failure.message() : std::string();
            for (const auto& entry : results)
                lookup->found.emplace_back(entry.endpoint());
            lookup->timer.cancel();
        });
    co_await lookup->timer.async_wait(use_task);
    error = lookup->error;
    co_return std::move(lookup->found);
}

/// Ends a connect that takes too long.
class ConnectDeadline final : public Deadline {
  public:
    ConnectDeadline(Socket& socket, Deadlines& deadlines, clock::time_point end) : socket_(socket) {
        deadlines.add(*this);
        arm(end);
    }
    bool passed() const { return passed_; }

  private:
    void expire() override {
        passed_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
    Socket& socket_;
    bool passed_ = false;
};

} // namespace

task<std::unique_ptr<Stream>> connect(Endpoint to, Duration timeout, Deadlines& deadlines,
                                      std::string& error) {
    const auto executor = co_await asio::this_coro::executor;
    const auto end = Deadline::clock::now() + timeout;
    error.clear();
    Endpoints candidates;
    if (to.is_unix()) {
        candidates.push_back(unix_endpoint(to));
    } else if (auto literal = literal_endpoint(to)) {
        candidates.emplace_back(*literal);
    } else {
        candidates = co_await look_up(to, end, executor, error);
    }
    for (const auto& candidate : candidates) {
        const int fd = ::socket(candidate.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            error = std::generic_category().message(errno);
            break;
        }
        Socket socket(executor, candidate.protocol(), fd);
        ConnectDeadline deadline(socket, deadlines, end);
        auto [failure] = co_await socket.async_connect(candidate, use_task);
        if (deadline.passed()) {
            error = "connection timed out";
            break;
        }
        if (!failure) {
            error.clear();
            co_return std::make_unique<Stream>(std::move(socket), deadlines);
        }
        error = failure.message();
    }
    if (error.empty()) error = "name has no address";
    co_return nullptr;
}

} // namespace lazaret::net
