// Stands in front of the C library's functions of the same names, for the whole program.

#include "fuzz/session/clock.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<std::int64_t> ahead_ms{0};

} // namespace

namespace lazaret::fuzz {

void advance(std::chrono::milliseconds by) {
    ahead_ms.fetch_add(by.count(), std::memory_order_relaxed);
}

} // namespace lazaret::fuzz

extern "C" {

int clock_gettime(clockid_t clock, timespec* at) noexcept {
    const long failed = ::syscall(SYS_clock_gettime, clock, at);
    if (failed != 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) return static_cast<int>(failed);
    const auto ahead = ahead_ms.load(std::memory_order_relaxed);
    at->tv_sec += ahead / 1000;
    at->tv_nsec += (ahead % 1000) * 1000000;
    if (at->tv_nsec >= 1000000000) {
        at->tv_nsec -= 1000000000;
        ++at->tv_sec;
    }
    return 0;
}

// Without a timerfd, Asio looks at the clock each time its loop is polled.
int timerfd_create(int, int) noexcept {
    errno = EINVAL;
    return -1;
}

} // extern "C"
