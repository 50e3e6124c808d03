// lazaret-bench-sink: the next hop of a measurement, on one thread. Says its port, then its counts for each line on stdin,
// both as JSON; ends with stdin.

#include "arguments/command.hpp"
#include "programs/hop.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <sys/socket.h>

using namespace lazaret::bench;

namespace {

void print(const nlohmann::json& line) {
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
}

/// False at the end of stdin.
bool answer_stdin(const Counts& counts) {
    char octets[256];
    const auto got = read(STDIN_FILENO, octets, sizeof octets);
    if (got <= 0) return false;
    for (auto lines = std::count(octets, octets + got, '\n'); lines > 0; --lines)
        print({{"messages", counts.messages},
               {"fingerprint", counts.seen.hex()},
               {"octets", counts.octets},
               {"connections", counts.connections}});
    return true;
}

} // namespace

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    std::string certificate, key;
    lazaret::arguments::Program program("lazaret-bench-sink", "An SMTP server that takes every message and counts it.");
    program.option("--port", port, "Port on 127.0.0.1; 0 takes a free one").shows_default();
    const auto with = program.option("--certificate", certificate, "Certificate in PEM: offers STARTTLS");
    program.option("--key", key, "Its private key in PEM").needs(with);
    if (const auto status = program.parse_or_tell(argc, argv)) return *status;
    std::signal(SIGPIPE, SIG_IGN);
    SSL_CTX* tls = certificate.empty() ? nullptr : server_context(certificate, key);
    if (!certificate.empty() && !tls) {
        std::fprintf(stderr, "lazaret-bench-sink: cannot use %s\n", certificate.c_str());
        return 1;
    }
    const int listener = listen_on_loopback(port);
    if (listener < 0) {
        std::fprintf(stderr, "lazaret-bench-sink: cannot listen: %s\n", std::strerror(errno));
        return 1;
    }
    print({{"port", port}});

    Poller poller;
    Counts counts;
    int at_listener = 0, at_stdin = 0; // only their addresses count
    poller.add(listener, &at_listener, EPOLLIN);
    if (!poller.add(STDIN_FILENO, &at_stdin, EPOLLIN)) {
        std::fprintf(stderr, "lazaret-bench-sink: stdin has to be a pipe or a terminal\n");
        return 1;
    }
    for (bool on = true; on;)
        poller.wait(-1, [&](void* owner) {
            if (owner == &at_stdin) {
                on = answer_stdin(counts) && on;
            } else if (owner == &at_listener) {
                for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                    ++counts.connections;
                    new Hop(Channel(fd), tls, counts, poller); // deleted below, or with the program
                }
            } else {
                auto* hop = static_cast<Hop*>(owner);
                hop->ready();
                if (hop->ended()) delete hop;
            }
        });
    return 0;
}
