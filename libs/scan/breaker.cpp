#include "scan/breaker.hpp"

namespace lazaret::scan {

bool Breaker::allow(TimePoint now) {
    if (state_ == State::closed) return true;
    if (now < next_probe_) return false;
    state_ = State::probing;
    next_probe_ = now + interval_;
    return true;
}

void Breaker::succeeded() {
    state_ = State::closed;
    failures_ = 0;
}

void Breaker::failed(TimePoint now) {
    switch (state_) {
    case State::closed:
        if (++failures_ < most_) return;
        break;
    case State::open: return;
    case State::probing: break;
    }
    state_ = State::open;
    next_probe_ = now + interval_;
}

} // namespace lazaret::scan
