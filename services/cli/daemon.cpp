#include "cli/daemon.hpp"

#include "core/address.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace lazaret::cli {

namespace {

constexpr std::size_t longest_line = 1024 * 1024;

std::string reason(int error) {
    return std::generic_category().message(error);
}

volatile std::sig_atomic_t signalled = 0;
volatile std::sig_atomic_t socket_to_end = -1;

/// Only what a signal handler may do (signal-safety(7)): whoever reads sees the end of the line.
extern "C" void end_line(int) {
    signalled = 1;
    ::shutdown(socket_to_end, SHUT_RDWR);
}

[[noreturn]] void cannot_connect(const std::string& path, int error) {
    if (error == EACCES || error == EPERM)
        throw Failure(Status::failed, "you may not use " + path + ": ask as root, or as a member of the group of lazaret-submission");
    if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR)
        throw Failure(Status::unavailable, "lazaret-submission does not run here: nobody answers on " + path);
    throw Failure(Status::unavailable, path + ": " + reason(error));
}

} // namespace

Daemon::Daemon(Context& context) : path_(context.configuration().node.control_socket.string()) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path_.size() >= sizeof at.sun_path) throw Failure(Status::config, "node.control_socket is too long for a socket: " + path_);
    std::memcpy(at.sun_path, path_.data(), path_.size());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ >= 0 && ::connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return;
    const int error = errno;
    if (socket_ >= 0) ::close(socket_);
    cannot_connect(path_, error);
}

Daemon::~Daemon() {
    ::close(socket_);
}

void Daemon::end_at_signal() {
    socket_to_end = socket_;
    struct sigaction action {};
    action.sa_handler = end_line;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

bool Daemon::interrupted() {
    return signalled != 0;
}

void Daemon::ask(const Json& request) {
    const std::string wire = request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    // One request is far smaller than a socket's buffer.
    if (::send(socket_, wire.data(), wire.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(wire.size()))
        throw Failure(Status::unavailable, "lazaret-submission has closed " + path_);
}

bool Daemon::next(Json& line) {
    std::array<char, 16384> buffer;
    std::size_t end;
    while ((end = pending_.find('\n')) == std::string::npos) {
        if (pending_.size() > longest_line) throw Failure(Status::failed, path_ + " does not speak our language");
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        pending_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    line = Json::parse(pending_.substr(0, end), nullptr, false);
    pending_.erase(0, end + 1);
    if (!line.is_object()) throw Failure(Status::failed, path_ + " does not speak our language");
    if (line.contains("error")) throw Failure(Status::failed, line.value("error", std::string()));
    return true;
}

void SessionFilter::add_to(Json& request) const {
    if (!ip.empty()) {
        const auto network = Cidr::parse(ip);
        if (!network) throw Failure(Status::usage, "--ip " + ip + ": " + network.error().message);
        request["ip"] = network->to_string();
    }
    if (!account.empty()) request["account"] = account;
    if (!subscriber.empty()) request["subscriber"] = subscriber;
}

} // namespace lazaret::cli
