#include "net/init.hpp"

#include <sys/resource.h>

#include <csignal>

namespace lazaret::net {

void init() {
    // Each connection is a descriptor; the soft limit is for programs that use select().
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur < descriptors.rlim_max) {
        descriptors.rlim_cur = descriptors.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    std::signal(SIGPIPE, SIG_IGN);
}

} // namespace lazaret::net
