#include "submission/activation.hpp"

#include "core/text.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace lazaret::submission {

namespace {

constexpr int first_descriptor = 3; // SD_LISTEN_FDS_START
constexpr std::uint64_t most_sockets = 256;
constexpr std::array<std::string_view, 5> listener_names = {"submission", "submissions", "relay", "filter", "policy"};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

Endpoint local_of(const sockaddr_storage& bound) {
    if (bound.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound);
        return Endpoint(IpAddress::from_v4(ntohl(v4.sin_addr.s_addr)).to_string(), ntohs(v4.sin_port));
    }
    if (bound.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return Endpoint(IpAddress::from_v6(bytes).to_string(), ntohs(v6.sin6_port));
    }
    const auto& path = reinterpret_cast<const sockaddr_un&>(bound).sun_path;
    return Endpoint(std::string(path, ::strnlen(path, sizeof path)), 0);
}

/// The address of a socket that listens; an Error for any other descriptor.
Result<Endpoint> listening_at(int descriptor) {
    int accepts = 0, type = 0;
    socklen_t size = sizeof accepts, type_size = sizeof type;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0 ||
        ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 || !accepts || type != SOCK_STREAM)
        return Error("descriptor " + std::to_string(descriptor) + " in LISTEN_FDS is no listening stream socket");
    sockaddr_storage bound{};
    socklen_t bound_size = sizeof bound;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0)
        return Error("descriptor " + std::to_string(descriptor) + " in LISTEN_FDS: " + std::strerror(errno));
    return local_of(bound);
}

bool is_listener_name(const std::string& name) {
    return std::find(listener_names.begin(), listener_names.end(), name) != listener_names.end();
}

} // namespace

Result<Activation> Activation::from_environment() {
    const auto process = variable("LISTEN_PID"), count = variable("LISTEN_FDS"), names = variable("LISTEN_FDNAMES");
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    Activation held;
    if (process.empty() || parse_unsigned(process) != static_cast<std::uint64_t>(::getpid())) return held;
    const auto sockets = parse_unsigned(count);
    if (!sockets || *sockets > most_sockets) return Error("LISTEN_FDS=" + printable(count, 40) + " is no number of sockets");
    const auto named = split(names, ':');
    for (std::uint64_t i = 0; i < *sockets; ++i) {
        const int descriptor = first_descriptor + static_cast<int>(i);
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        const auto local = listening_at(descriptor);
        if (!local) return local.error();
        Held socket;
        socket.descriptor = descriptor;
        socket.local = *local;
        if (i < named.size()) socket.name = named[i];
        held.sockets_.push_back(std::move(socket));
    }
    return held;
}

Activation::~Activation() {
    for (const auto& socket : sockets_) ::close(socket.descriptor);
}

std::vector<int> Activation::take(std::string_view name, const Endpoint& configured) {
    const bool by_name =
        std::any_of(sockets_.begin(), sockets_.end(), [&](const Held& socket) { return socket.name == name; });
    std::vector<int> taken;
    std::erase_if(sockets_, [&](const Held& socket) {
        const bool same_place = configured.is_unix() ? socket.local.host == configured.host
                                                     : !socket.local.is_unix() && socket.local.port == configured.port;
        if (by_name ? socket.name != name : is_listener_name(socket.name) || !same_place) return false;
        taken.push_back(socket.descriptor);
        return true;
    });
    return taken;
}

std::vector<std::string> Activation::left() const {
    std::vector<std::string> out;
    for (const auto& socket : sockets_) out.push_back(socket.name + " (" + socket.local.to_string() + ")");
    return out;
}

} // namespace lazaret::submission
