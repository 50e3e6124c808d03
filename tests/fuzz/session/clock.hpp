#pragma once
// Time for a fuzz target: the system's clocks and what advance() added to them. Asio's timers follow, since
// there is no timerfd to wait for (clock.cpp), so that minutes of silence cost no time.

#include <chrono>

namespace lazaret::fuzz {

void advance(std::chrono::milliseconds by);

} // namespace lazaret::fuzz
