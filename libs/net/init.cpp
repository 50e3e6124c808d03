#include "net/init.hpp"

#include <csignal>

namespace lazaret::net {

void init() {
    std::signal(SIGPIPE, SIG_IGN);
}

} // namespace lazaret::net
