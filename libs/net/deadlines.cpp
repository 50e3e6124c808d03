#include "net/deadlines.hpp"

#include <algorithm>

namespace lazaret::net {

namespace {
constexpr auto sweep_interval = std::chrono::milliseconds(100);
}

Deadlines::Deadlines(asio::io_context& io) : timer_(io), now_(Deadline::clock::now()) {
    schedule();
}

Deadlines::~Deadlines() {
    for (auto& deadline : list_)
        deadline.owner_ = nullptr;
}

void Deadlines::add(Deadline& deadline) {
    list_.push_back(deadline);
    deadline.owner_ = this;
    deadline.arm(deadline.at_);
}

void Deadlines::stop() {
    stopped_ = true;
    timer_.cancel();
    sweep(Deadline::clock::time_point::max() - Deadline::clock::duration(1));
}

void Deadlines::schedule() {
    timer_.expires_after(sweep_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || stopped_) return; // aborted: *this may be gone
        now_ = Deadline::clock::now();
        if (earliest_ <= now_) sweep(now_);
        schedule();
    });
}

void Deadlines::sweep(Deadline::clock::time_point until) {
    // expire() may destroy any Deadline, so no iterator is kept across it: the late ones wait in a list of
    // their own, which they leave by themselves when destroyed.
    List late;
    earliest_ = Deadline::clock::time_point::max();
    for (auto it = list_.begin(); it != list_.end();) {
        auto& deadline = *it++;
        if (deadline.at_ > until) {
            earliest_ = std::min(earliest_, deadline.at_);
            continue;
        }
        deadline.unlink();
        late.push_back(deadline);
    }
    while (!late.empty()) {
        auto& deadline = late.front();
        deadline.unlink();
        list_.push_back(deadline);
        deadline.disarm();
        deadline.expire();
    }
}

} // namespace lazaret::net
