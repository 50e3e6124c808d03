#pragma once
// For tests only: a scanner's daemon that does as told, on a loopback port of its own.

#include "net/listener.hpp"
#include "net/test_support.hpp"

#include <memory>
#include <string>
#include <vector>

namespace lazaret::scan::test {

using namespace net::test;

class FakeDaemon {
  public:
    enum class Then { close, reset, stall, drip }; ///< drip: the reply octet by octet for ever

    explicit FakeDaemon(Loop& loop) : loop_(loop) { listen(Endpoint("127.0.0.1", 0)); }
    FakeDaemon(Loop& loop, const std::filesystem::path& at) : loop_(loop) { listen(Endpoint(at.string(), 0)); }
    ~FakeDaemon() { refuse(); }

    std::size_t after = 1;   ///< octets of the request that it reads before it does anything
    std::string until;       ///< or: until the request ends so
    std::string reply;
    Then then = Then::close;
    Duration think{};        ///< before the reply
    std::vector<std::string> requests;
    int connections = 0, at_once = 0, most_at_once = 0;

    Endpoint address() const { return address_; }
    void refuse() {
        if (listener_) listener_->stop();
        listener_.reset();
        for (auto& stream : streams_)
            stream->close();
    }
    void listen_again() { listen(address_); }

  private:
    void listen(const Endpoint& at) {
        net::asio::io_context* contexts[] = {&loop_.io};
        auto made = net::listen(at, contexts);
        ASSERT_TRUE(made) << made.error().message;
        listener_ = std::move(made->front());
        address_ = listener_->local();
        listener_->start([this](net::Accepted connection) {
            ++connections;
            auto stream = std::make_shared<net::Stream>(std::move(connection), loop_.deadlines);
            streams_.push_back(stream);
            loop_.spawn(serve(std::move(stream)));
        });
    }
    net::task<> serve(std::shared_ptr<net::Stream> stream) {
        most_at_once = std::max(most_at_once, ++at_once);
        std::string request;
        char octets[65536];
        while (until.empty() ? request.size() < after : !request.ends_with(until)) {
            const auto read = stream->try_read(octets);
            if (read.ok()) {
                request.append(octets, read.count);
                continue;
            }
            if (read.state != net::Transfer::State::would_block) break;
            const auto ready = co_await stream->wait_readable(60s);
            if (!ready.ok()) break;
        }
        requests.push_back(request);
        if (think > Duration::zero()) co_await stream->pause(think);
        if (then == Then::drip) {
            for (bool on = true; on;) {
                const auto written = co_await stream->write("x", 5s);
                on = written.ok();
                if (on) co_await stream->pause(20ms);
            }
        } else {
            co_await stream->write(reply, 5s);
            if (then == Then::stall) co_await stream->pause(60s);
            if (then == Then::reset) stream->reset_on_close();
        }
        --at_once;
        stream->close();
    }

    Loop& loop_;
    std::unique_ptr<net::Listener> listener_;
    Endpoint address_;
    std::vector<std::shared_ptr<net::Stream>> streams_;
};

} // namespace lazaret::scan::test
