#pragma once
// epoll with an object per descriptor.

#include <array>
#include <cstdint>

#include <sys/epoll.h>
#include <unistd.h>

namespace lazaret::bench {

/// Level-triggered. A descriptor that is closed leaves by itself.
class Poller {
  public:
    Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}
    Poller(const Poller&) = delete;
    ~Poller() { close(fd_); }

    /// False for what epoll cannot watch: a plain file, /dev/null.
    bool add(int fd, void* owner, std::uint32_t events) { return control(EPOLL_CTL_ADD, fd, owner, events); }
    bool change(int fd, void* owner, std::uint32_t events) { return control(EPOLL_CTL_MOD, fd, owner, events); }

    /// Calls handle(owner) for each that is ready. A handler may destroy its own owner and no other.
    template <class Handle> void wait(int milliseconds, Handle&& handle) {
        std::array<epoll_event, 256> ready;
        const int count = epoll_wait(fd_, ready.data(), static_cast<int>(ready.size()), milliseconds);
        for (int i = 0; i < count; ++i)
            handle(ready[static_cast<std::size_t>(i)].data.ptr);
    }

  private:
    bool control(int action, int fd, void* owner, std::uint32_t events) {
        epoll_event event = {};
        event.events = events;
        event.data.ptr = owner;
        return epoll_ctl(fd_, action, fd, &event) == 0;
    }

    int fd_;
};

} // namespace lazaret::bench
