#include "scan/exchange.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lazaret::scan {

namespace {

using State = net::Transfer::State;
using Daemon = Outcome::Daemon;
constexpr std::size_t piece_size = 64 * 1024;

} // namespace

Duration Exchange::left() const {
    const auto rest = std::chrono::duration_cast<Duration>(end_ - Clock::now());
    return std::max(rest, Duration::zero());
}

bool Exchange::is_late() {
    if (left() > Duration::zero()) return false;
    late_ = true;
    failure_ = "no answer in time";
    return true;
}

bool Exchange::fail(const net::Transfer& transfer) {
    switch (transfer.state) {
    case State::timeout:
        late_ = true;
        failure_ = "no answer in time";
        break;
    case State::closed: failure_ = "the connection was closed"; break;
    default: failure_ = stream_->last_error();
    }
    return false;
}

net::task<bool> Exchange::connect(Endpoint to, net::Deadlines& deadlines) {
    stream_ = co_await net::connect(std::move(to), left(), deadlines, failure_);
    co_return stream_ != nullptr;
}

net::task<bool> Exchange::write(std::string_view octets) {
    while (!octets.empty()) {
        if (is_late()) co_return false;
        auto sent = stream_->try_write(octets);
        octets.remove_prefix(sent.count);
        if (sent.ok()) continue;
        if (sent.state == State::would_block) sent = co_await stream_->wait_writable(left());
        if (!sent.ok()) co_return fail(sent);
    }
    co_return true;
}

net::task<bool> Exchange::write(const Octets& message, PieceHeader header) {
    const std::size_t head = header ? 4 : 0;
    const auto total = message.size();
    std::vector<char> piece(head + static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, total)));
    for (std::uint64_t offset = 0; offset < total;) {
        const auto rest = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size() - head, total - offset));
        const auto got = message.read(offset, std::span(piece).subspan(head, rest));
        if (!got || *got == 0) {
            ours_ = true;
            failure_ = got ? "the message is shorter than it was" : got.error().message;
            co_return false;
        }
        if (header) {
            const auto octets = header(static_cast<std::uint32_t>(*got));
            std::copy(octets.begin(), octets.end(), piece.begin());
        }
        const std::string_view wire(piece.data(), head + *got);
        const bool on = co_await write(wire);
        if (!on) co_return false;
        offset += *got;
    }
    co_return true;
}

net::task<bool> Exchange::read(std::string& into) {
    failure_.clear();
    char octets[8192];
    for (;;) {
        if (is_late()) co_return false;
        auto got = stream_->try_read(octets);
        if (got.ok()) {
            into.append(octets, got.count);
            co_return true;
        }
        if (got.state == State::would_block) {
            got = co_await stream_->wait_readable(left());
            if (got.ok()) continue;
        } else if (got.state == State::closed && stream_->is_open()) {
            co_return false;
        }
        co_return fail(got);
    }
}

Outcome Exchange::after_cut(Outcome before, Outcome reply) {
    const bool verdict = reply.state == Outcome::State::clean || reply.state == Outcome::State::found;
    return verdict || reply.daemon != Daemon::answered ? before : reply;
}

Outcome Exchange::failed(std::string_view what) const {
    const auto text = std::string(who_) + ": " + (failure_.empty() ? std::string(what) : failure_);
    return Outcome::failed(text, ours_ ? Daemon::not_asked : Daemon::ailing);
}

} // namespace lazaret::scan
